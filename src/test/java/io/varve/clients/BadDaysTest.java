package io.varve.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.varve.testkit.WholeVarve;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a broker stands on goes away and comes back: produce and hot reads go on, nothing acknowledged is lost, it heals by itself. */
@Tag("process")
class BadDaysTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int BATCH = 2_000;
    private static final String VALUE = "x".repeat(1_000);

    @TempDir
    Path folder;

    @Test
    void producingGoesOnWhileTheObjectStoreIsAway_andItsSegmentsFollow() {
        try (var varve = WholeVarve.start(folder)) {
            String topic = Clients.topic(varve, "stormy", 1, Map.of("segment.bytes", "1048576"));
            send(varve, topic, 0);
            await().atMost(LIMIT).until(() -> varve.bytesInBucket() > 500_000);
            long before = varve.bytesInBucket();

            varve.objectStore().kill9();
            send(varve, topic, 1);
            send(varve, topic, 2);
            assertThat(Clients.readAll(varve, topic)).hasSize(3 * BATCH);

            varve.objectStore().restart();
            await().atMost(LIMIT).until(() -> varve.bytesInBucket() > before + 3_000_000);
            inOrder(Clients.readAll(varve, topic), 3);
        }
    }

    @Test
    void producingGoesOnWhileEtcdIsAway_andRollsFollow() {
        try (var varve = WholeVarve.start(folder)) {
            String topic = Clients.topic(varve, "adrift", 1, Map.of("segment.bytes", "104857600"));
            send(varve, topic, 0);

            // What a commit of groups needs is away; the open segment is not asked about it.
            varve.etcd().kill9();
            send(varve, topic, 1);
            varve.etcd().restart();

            send(varve, topic, 2);
            varve.broker().kill9();
            varve.broker().restart();
            inOrder(Clients.readAll(varve, topic), 3);
        }
    }

    @Test
    void aStopWhileEtcdIsAwaySaysThatTheDiskIsNeeded_andNothingIsLost() {
        try (var varve = WholeVarve.start(folder, settings -> settings.property("varve.shutdown.timeout-ms", "4000"))) {
            String topic = Clients.topic(varve, "stranded", 1, Map.of());
            send(varve, topic, 0);

            varve.etcd().pause();
            varve.broker().terminate();
            assertThat(varve.broker().logTail())
                    .contains("keep the disk and start the broker on it again. partitions=1")
                    .doesNotContain("is not needed any more");

            varve.etcd().resume();
            varve.broker().restart();
            inOrder(Clients.readAll(varve, topic), 1);
        }
    }

    private static void send(WholeVarve varve, String topic, int round) {
        try (Producer<String, String> producer = Clients.producer(varve, Map.of())) {
            var acks = IntStream.range(0, BATCH)
                    .mapToObj(i -> producer.send(new ProducerRecord<>(topic, round + ":" + i, VALUE)))
                    .toList();
            acks.forEach(Clients::get);
        }
    }

    private static void inOrder(List<ConsumerRecord<String, String>> records, int rounds) {
        assertThat(records).hasSize(rounds * BATCH);
        for (int i = 0; i < records.size(); i++) {
            assertThat(records.get(i).key()).isEqualTo(i / BATCH + ":" + i % BATCH);
        }
    }
}
