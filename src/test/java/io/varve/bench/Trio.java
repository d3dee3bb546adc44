package io.varve.bench;

import io.varve.testkit.ApacheKafka;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;

/** Three brokers of one cluster, with the ids 1 to 3: started, loaded, killed, stopped. Not thread-safe. */
interface Trio extends AutoCloseable {
    int BROKERS = 3;

    /** Starts the processes of all and does not wait. */
    void launch();

    /** Starts one again that was killed, on the data that it had, and does not wait. */
    void launch(int broker);

    /** Ends one as a power cut would, and returns when its process is gone. */
    void kill9(int broker);

    /** The addresses of all, for clients. */
    String bootstrapServers();

    /** The processes of the brokers. */
    List<Long> pids();

    /** Whatever else runs for them on this machine: etcd, the S3 server. */
    List<Long> helperPids();

    /** Stops the brokers and what they need. */
    @Override
    void close();

    /** How to make one with empty data in a folder; it is not launched yet. */
    @FunctionalInterface
    interface Maker {
        Trio make(Path folder);
    }

    /** Waits until all three are members of the cluster. */
    default void awaitAll() {
        try (var admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers()))) {
            Await.until(
                    "all brokers are there",
                    Duration.ofMinutes(3),
                    () -> Await.get(admin.describeCluster().nodes()).size() == BROKERS);
        }
    }

    /** CPU seconds so far of some processes. */
    static double cpuSeconds(List<Long> pids) {
        return pids.stream().mapToDouble(ProcessUsage::cpuSeconds).sum();
    }

    /** Three nodes of Apache Kafka, each a broker and a controller, with its shipped settings and its default heap. */
    static Trio kafka(Path folder) {
        var nodes = ApacheKafka.prepareSeveral(folder, BROKERS, Map.of());
        return new KafkaTrio(nodes);
    }

    /** Three brokers of Varve as its own launcher runs them, over one real etcd and one real S3 server. */
    static Trio varve(Path folder) {
        return new VarveTrio(folder);
    }
}
