package io.varve.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.testkit.Cluster;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.NoOffsetForPartitionException;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The Java consumer without a group: positions, offsets and times. */
@RealClient
class JavaConsumerTest {
    private static final long NOON = 1_700_000_000_000L;

    private final Cluster cluster;

    JavaConsumerTest(Cluster cluster) {
        this.cluster = cluster;
    }

    @Test
    void knowsWhereAPartitionBeginsAndEnds() {
        String topic = Clients.topic(cluster, "ends", 2, Map.of());
        Clients.sendNumbers(cluster, topic, 0, 42);
        var zero = new TopicPartition(topic, 0);
        var one = new TopicPartition(topic, 1);
        try (var consumer = Clients.consumer(cluster, Map.of())) {
            assertThat(consumer.beginningOffsets(List.of(zero, one))).isEqualTo(Map.of(zero, 0L, one, 0L));
            assertThat(consumer.endOffsets(List.of(zero, one))).isEqualTo(Map.of(zero, 42L, one, 0L));
        }
    }

    @Test
    void readsFromWhereItIsToldTo() {
        var partition = new TopicPartition(Clients.topic(cluster, "seek", 1, Map.of()), 0);
        Clients.sendNumbers(cluster, partition.topic(), 0, 100);
        try (var consumer = assigned(partition, Map.of("max.poll.records", 10))) {
            // From the middle
            consumer.seek(partition, 57);
            assertThat(values(Clients.poll(consumer, 10))).isEqualTo(numbers(57, 67));
            assertThat(consumer.position(partition)).isEqualTo(67);
            // back
            consumer.seek(partition, 3);
            assertThat(values(Clients.poll(consumer, 10))).isEqualTo(numbers(3, 13));
            // from the end: only what comes later
            consumer.seekToEnd(List.of(partition));
            assertThat(consumer.position(partition)).isEqualTo(100);
            Clients.sendNumbers(cluster, partition.topic(), 0, 5);
            assertThat(Clients.poll(consumer, 5))
                    .extracting(ConsumerRecord::offset)
                    .containsExactly(100L, 101L, 102L, 103L, 104L);
            // and from the beginning
            consumer.seekToBeginning(List.of(partition));
            assertThat(values(Clients.poll(consumer, 10))).isEqualTo(numbers(0, 10));
        }
    }

    @Test
    void getsNothingOfAPausedPartitionUntilItResumes() {
        String topic = Clients.topic(cluster, "pause", 2, Map.of());
        var paused = new TopicPartition(topic, 0);
        var flowing = new TopicPartition(topic, 1);
        Clients.sendNumbers(cluster, topic, 0, 20);
        Clients.sendNumbers(cluster, topic, 1, 20);
        try (var consumer = Clients.consumer(cluster, Map.of())) {
            consumer.assign(List.of(paused, flowing));
            consumer.seekToBeginning(List.of(paused, flowing));
            consumer.pause(List.of(paused));
            assertThat(Clients.poll(consumer, 20)).hasSize(20).allMatch(r -> r.partition() == 1);
            consumer.resume(List.of(paused));
            assertThat(Clients.poll(consumer, 20)).hasSize(20).allMatch(r -> r.partition() == 0);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "zstd"})
    void findsTheExactRecordOfATime(String codec) {
        // Given records ten milliseconds apart, in one batch, then two that are older than what went before
        var partition = new TopicPartition(Clients.topic(cluster, "times", 1, Map.of()), 0);
        try (var producer = Clients.producer(cluster, Map.of("compression.type", codec, "linger.ms", 500))) {
            var futures = IntStream.range(0, 100)
                    .mapToObj(i ->
                            producer.send(new ProducerRecord<>(partition.topic(), 0, NOON + 10L * i, "k", "v" + i)))
                    .toList();
            producer.flush();
            assertThat(futures).allMatch(f -> Clients.get(f).hasOffset());
            Clients.send(producer, new ProducerRecord<>(partition.topic(), 0, NOON + 5, "k", "late"));
            Clients.send(producer, new ProducerRecord<>(partition.topic(), 0, NOON + 2_000, "k", "last"));
        }
        try (var consumer = Clients.consumer(cluster, Map.of())) {
            // Then the first record at or after a time is found, exactly
            assertThat(at(consumer, partition, NOON - 1)).isEqualTo("0@0");
            assertThat(at(consumer, partition, NOON)).isEqualTo("0@0");
            assertThat(at(consumer, partition, NOON + 1)).isEqualTo("1@10");
            assertThat(at(consumer, partition, NOON + 500)).isEqualTo("50@500");
            assertThat(at(consumer, partition, NOON + 501)).isEqualTo("51@510");
            assertThat(at(consumer, partition, NOON + 991)).isEqualTo("101@2000");
            assertThat(at(consumer, partition, NOON + 2_000)).isEqualTo("101@2000");
            // and after the last there is none
            assertThat(consumer.offsetsForTimes(Map.of(partition, NOON + 2_001)))
                    .containsEntry(partition, null);
        }
    }

    @Test
    void saysWhenItHasNoPositionOrOneThatIsOut() {
        var partition = new TopicPartition(Clients.topic(cluster, "none", 1, Map.of()), 0);
        Clients.sendNumbers(cluster, partition.topic(), 0, 10);
        var none = Map.<String, Object>of("auto.offset.reset", "none", "group.id", Clients.unique("none"));
        try (var consumer = assigned(partition, none)) {
            assertThatThrownBy(() -> Clients.poll(consumer, 1)).isInstanceOf(NoOffsetForPartitionException.class);
            consumer.seek(partition, 11);
            assertThatThrownBy(() -> Clients.poll(consumer, 1))
                    .isInstanceOfSatisfying(
                            OffsetOutOfRangeException.class,
                            e -> assertThat(e.offsetOutOfRangePartitions()).isEqualTo(Map.of(partition, 11L)));
        }
    }

    @Test
    void goesOnWhenARecordIsLargerThanItsFetchSize() {
        // Kafka answers with at least one batch, so that a consumer never hangs (KIP-74)
        var partition = new TopicPartition(Clients.topic(cluster, "small-fetch", 1, Map.of()), 0);
        try (var producer = Clients.producer(cluster, Map.of())) {
            for (int i = 0; i < 20; i++) {
                Clients.get(producer.send(new ProducerRecord<>(
                        partition.topic(), Integer.toString(i).repeat(4_000))));
            }
        }
        try (var consumer = assigned(partition, Map.of("max.partition.fetch.bytes", 1_000, "fetch.max.bytes", 1_000))) {
            consumer.seekToBeginning(List.of(partition));
            assertThat(Clients.poll(consumer, 20))
                    .extracting(ConsumerRecord::offset)
                    .isEqualTo(LongStream.range(0, 20).boxed().toList());
        }
    }

    @Test
    void getsARecordThatComesWhileItWaits() {
        var partition = new TopicPartition(Clients.topic(cluster, "waiting", 1, Map.of()), 0);
        try (var consumer = assigned(partition, Map.of("fetch.max.wait.ms", 30_000))) {
            consumer.seekToBeginning(List.of(partition));
            // Given a fetch that waits at the end
            assertThat(consumer.poll(Duration.ofMillis(300)).isEmpty()).isTrue();
            // When
            Clients.sendNumbers(cluster, partition.topic(), 0, 1);
            // Then it is answered before its own 30 s are over
            long before = System.nanoTime();
            assertThat(values(Clients.poll(consumer, 1))).containsExactly("0");
            assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(20));
            // The next fetch waits, too: do not wait for it.
            consumer.close(CloseOptions.timeout(Duration.ZERO));
        }
    }

    @Test
    void readsWithReadCommittedWhatNoTransactionWrote() {
        var partition = new TopicPartition(Clients.topic(cluster, "committed", 1, Map.of()), 0);
        Clients.sendNumbers(cluster, partition.topic(), 0, 30);
        try (var consumer = assigned(partition, Map.of("isolation.level", "read_committed"))) {
            consumer.seekToBeginning(List.of(partition));
            assertThat(values(Clients.poll(consumer, 30))).isEqualTo(numbers(0, 30));
            assertThat(consumer.endOffsets(List.of(partition))).isEqualTo(Map.of(partition, 30L));
        }
    }

    private Consumer<String, String> assigned(TopicPartition partition, Map<String, Object> settings) {
        var consumer = Clients.consumer(cluster, settings);
        consumer.assign(List.of(partition));
        return consumer;
    }

    /** The found record as {@code offset@milliseconds after noon}. */
    private static String at(Consumer<String, String> consumer, TopicPartition partition, long time) {
        OffsetAndTimestamp found =
                consumer.offsetsForTimes(Map.of(partition, time)).get(partition);
        return found.offset() + "@" + (found.timestamp() - NOON);
    }

    private static List<String> values(List<ConsumerRecord<String, String>> records) {
        return records.stream().map(ConsumerRecord::value).toList();
    }

    private static List<String> numbers(int from, int to) {
        return IntStream.range(from, to).mapToObj(Integer::toString).toList();
    }
}
