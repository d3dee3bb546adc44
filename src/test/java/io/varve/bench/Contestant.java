package io.varve.bench;

import io.varve.testkit.ApacheKafka;
import io.varve.testkit.WholeVarve;
import java.nio.file.Path;
import java.util.Map;

/** A broker that is measured: started, loaded, looked at from outside, stopped. Not thread-safe. */
interface Contestant extends AutoCloseable {
    /** Starts the broker's process and does not wait. What it needs (a formatted folder, etcd, S3) is there. */
    void launch();

    /** Waits until the broker serves. */
    void awaitReady();

    /** The address for clients. */
    String bootstrapServers();

    /** The broker's process. */
    long pid();

    /** The topic settings under which an acknowledged record is on the disk. */
    Map<String, String> syncedTopic();

    /** Stops the broker and what it needs. */
    @Override
    void close();

    /** How to make one with empty data in a folder; it is not launched yet. */
    @FunctionalInterface
    interface Maker {
        Contestant make(Path folder);
    }

    /** Apache Kafka as its own start script runs it: its shipped settings, its default heap. */
    static Contestant kafka(Path folder) {
        var kafka = ApacheKafka.prepare(folder, Map.of());
        return new Contestant() {
            @Override
            public void launch() {
                kafka.launch();
            }

            @Override
            public void awaitReady() {
                kafka.awaitReady();
            }

            @Override
            public String bootstrapServers() {
                return kafka.bootstrapServers();
            }

            @Override
            public long pid() {
                return kafka.pid();
            }

            @Override
            public Map<String, String> syncedTopic() {
                return Map.of("flush.messages", "1");
            }

            @Override
            public void close() {
                kafka.close();
            }
        };
    }

    /** Varve as its own launcher runs it, with a real etcd and a real S3 server beside it. */
    static Contestant varve(Path folder) {
        var varve = WholeVarve.prepare(folder, settings -> {});
        return new Contestant() {
            @Override
            public void launch() {
                varve.broker().launch();
            }

            @Override
            public void awaitReady() {
                varve.broker().awaitReady();
            }

            @Override
            public String bootstrapServers() {
                return varve.bootstrapServers();
            }

            @Override
            public long pid() {
                return varve.broker().pid();
            }

            @Override
            public Map<String, String> syncedTopic() {
                // Always so when a broker is alone.
                return Map.of();
            }

            @Override
            public void close() {
                varve.close();
            }
        };
    }
}
