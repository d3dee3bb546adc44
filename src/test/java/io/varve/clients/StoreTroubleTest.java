package io.varve.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.varve.testkit.Probe;
import io.varve.testkit.VarveProcess;
import io.varve.testkit.WholeVarve;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stores that are another cluster's, full or gone, and partitions whose brokers are: named in logs, health and metrics, and nothing is lost. */
@Tag("process")
class StoreTroubleTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int BATCH = 1_000;
    private static final String VALUE = "x".repeat(1_000);

    @TempDir
    Path folder;

    @Test
    void anotherClusterOnTheSameKeysOrTheSameBucketIsRefusedWithWords() {
        try (var varve = WholeVarve.start(folder)) {
            // Given a broker that was told another cluster's id
            try (var sameKeys = varve.another(
                    2, folder.resolve("keys"), settings -> settings.property("varve.cluster.id", "other"))) {
                sameKeys.launch();
                assertThat(sameKeys.awaitEnd()).isEqualTo(2);
                assertThat(sameKeys.logTail())
                        .contains("the metadata store holds cluster varve-test, but varve.cluster.id is other");
            }
            // And one of another cluster that was given this one's bucket
            try (var sameBucket = varve.another(
                    1,
                    folder.resolve("bucket"),
                    settings ->
                            settings.property("varve.cluster.id", "other").property("varve.etcd.prefix", "/other"))) {
                sameBucket.launch();
                assertThat(sameBucket.awaitEnd()).isEqualTo(2);
                assertThat(sameBucket.logTail())
                        .contains("the object store holds cluster varve-test, and this broker is of cluster other");
            }
        }
    }

    @Test
    void aFullEtcdIsNamed_producingGoesOn_andItIsWellWhenThereIsSpaceAgain() {
        try (var varve = WholeVarve.prepare(folder, settings -> {}, "--quota-backend-bytes=16000000")) {
            varve.broker().launch();
            varve.broker().awaitReady();
            String topic = Clients.topic(varve, "tight", 1, Map.of());
            send(varve, topic, 0);

            // When somebody fills it
            fill(varve);

            // Then that is said, and what needs no etcd goes on
            awaitHealth(varve.broker(), 503, "etcd has no space left");
            assertThat(metric(varve.broker(), "varve_health_problem_parts{part=\"metadata\"}"))
                    .isEqualTo("1.0");
            await().atMost(LIMIT).until(() -> varve.broker().logTail().contains("etcd has no space left"));
            send(varve, topic, 1);

            // And the documented commands make it well
            varve.etcd().etcdctl("del", "--prefix", "filler/").ok();
            long revision = Long.parseLong(varve.etcd()
                    .etcdctl("get", "x", "-w", "fields")
                    .ok()
                    .out()
                    .lines()
                    .filter(line -> line.startsWith("\"Revision\""))
                    .findFirst()
                    .orElseThrow()
                    .replaceAll("\\D", ""));
            varve.etcd()
                    .etcdctl("compact", "--physical", Long.toString(revision))
                    .ok();
            varve.etcd().etcdctl("defrag").ok();
            varve.etcd().etcdctl("alarm", "disarm").ok();
            awaitHealth(varve.broker(), 200, "UP");
            send(varve, Clients.topic(varve, "wide", 1, Map.of()), 0);
            assertThat(Clients.readAll(varve, topic)).hasSize(2 * BATCH);
        }
    }

    @Test
    void aBucketThatIsGoneIsNamed_andWhatIsOnDisksIsUploadedToTheNextOne() {
        try (var varve = WholeVarve.start(folder)) {
            String topic = Clients.topic(varve, "afloat", 1, Map.of("segment.bytes", "1048576"));

            // When the bucket is deleted before anything was offloaded
            varve.objectStore().loseBucket(WholeVarve.BUCKET);
            send(varve, topic, 0);
            send(varve, topic, 1);

            // Then that is said, with nothing lost
            awaitHealth(varve.broker(), 503, "does not exist: create it");
            assertThat(metric(varve.broker(), "varve_health_problem_parts{part=\"object-store\"}"))
                    .isEqualTo("1.0");
            assertThat(Clients.readAll(varve, topic)).hasSize(2 * BATCH);

            // And a new one is filled, and it is said that it is another one
            varve.objectStore().makeBucket(WholeVarve.BUCKET);
            awaitHealth(varve.broker(), 200, "emptied or replaced");
            await().atMost(LIMIT).until(() -> varve.bytesInBucket() > 1_000_000);
            assertThat(Clients.readAll(varve, topic)).hasSize(2 * BATCH);
            assertThat(log("varve")).contains("the object store has lost its mark");
        }
    }

    @Test
    void partitionsThatNobodyCanServeAreNamedUntilTheirBrokerIsBack() {
        try (var varve = WholeVarve.start(folder);
                var second = varve.another(2, folder.resolve("second"))) {
            second.launch();
            second.awaitReady();
            // Given a partition on one broker alone
            String topic = Clients.unique("lonely");
            try (Admin admin = Clients.admin(varve)) {
                Clients.get(admin.createTopics(List.of(new NewTopic(topic, Map.of(0, List.of(2)))))
                        .all());
            }
            send(varve, topic, 0);

            second.kill9();

            awaitHealth(varve.broker(), 200, topic + "-0 waits for broker 2");
            assertThat(metric(varve.broker(), "varve_log_partitions_without_owner_partitions"))
                    .isEqualTo("1.0");
            assertThat(metric(varve.broker(), "varve_health_warning_parts{part=\"partitions\"}"))
                    .isEqualTo("1.0");
            await().atMost(LIMIT).until(() -> log("varve").contains("have no broker that can serve them"));

            second.restart();
            await().atMost(LIMIT)
                    .until(() -> !Probe.httpBody(varve.broker().http("/health/ready"))
                            .contains("waits for broker 2"));
            assertThat(Clients.readAll(varve, topic)).hasSize(BATCH);
        }
    }

    private static void awaitHealth(VarveProcess broker, int status, String words) {
        await().atMost(LIMIT)
                .until(() -> Probe.httpStatus(broker.http("/health/ready")) == status
                        && Probe.httpBody(broker.http("/health/ready")).contains(words));
    }

    private static String metric(VarveProcess broker, String name) {
        return Probe.httpBody(broker.http("/metrics"))
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .findFirst()
                .map(line -> line.substring(name.length() + 1))
                .orElse("not there");
    }

    private String log(String broker) {
        try {
            return Files.readString(folder.resolve(broker).resolve("varve.log"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Puts large values until etcd refuses. */
    private static void fill(WholeVarve varve) {
        String value = "y".repeat(100_000);
        Optional<String> refusal = IntStream.range(0, 1_000)
                .mapToObj(i -> varve.etcd().etcdctl("put", "filler/" + i, value))
                .filter(result -> result.exitCode() != 0)
                .map(result -> result.err())
                .findFirst();
        assertThat(refusal).hasValueSatisfying(words -> assertThat(words).contains("database space exceeded"));
    }

    private static void send(WholeVarve varve, String topic, int round) {
        try (Producer<String, String> producer = Clients.producer(varve, Map.of())) {
            var acks = IntStream.range(0, BATCH)
                    .mapToObj(i -> producer.send(new ProducerRecord<>(topic, round + ":" + i, VALUE)))
                    .toList();
            acks.forEach(Clients::get);
        }
    }
}
