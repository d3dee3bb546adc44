package io.varve.clients;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.testkit.Cluster;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The Java producer: what was sent is what is read, whatever the codec, the acks and the shape of the records. */
@RealClient
class JavaProducerTest {
    private static final int RECORDS = 500;

    private final Cluster cluster;

    JavaProducerTest(Cluster cluster) {
        this.cluster = cluster;
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
    void keepsEveryRecordInOrderWithEveryCodec(String codec) {
        // Given 500 records of seven keys over three partitions
        String topic = Clients.topic(cluster, "codec-" + codec, 3, Map.of());
        // When they are sent in small batches
        var sent = new HashMap<Integer, List<String>>();
        try (var producer =
                Clients.producer(cluster, Map.of("compression.type", codec, "linger.ms", 5, "batch.size", 2000))) {
            var futures = IntStream.range(0, RECORDS)
                    .mapToObj(i ->
                            Map.entry(value(i), producer.send(new ProducerRecord<>(topic, "k" + i % 7, value(i)))))
                    .toList();
            futures.forEach(f -> sent.computeIfAbsent(Clients.get(f.getValue()).partition(), p -> new ArrayList<>())
                    .add(f.getKey()));
        }
        // Then each partition reads as it was written, without a gap
        var read = Clients.readAll(cluster, topic);
        assertThat(read).hasSize(RECORDS);
        assertThat(sent).hasSizeGreaterThan(1);
        sent.forEach((partition, values) -> {
            var inPartition =
                    read.stream().filter(r -> r.partition() == partition).toList();
            assertThat(inPartition).extracting(ConsumerRecord::value).isEqualTo(values);
            assertThat(inPartition)
                    .extracting(ConsumerRecord::offset)
                    .isEqualTo(IntStream.range(0, values.size())
                            .mapToObj(Long::valueOf)
                            .toList());
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "1", "all"})
    void answersAsTheAcksAsk(String acks) {
        String topic = Clients.topic(cluster, "acks", 1, Map.of());
        // When
        List<RecordMetadata> answers;
        try (var producer = Clients.producer(cluster, Map.of("acks", acks, "enable.idempotence", "false"))) {
            answers =
                    IntStream.range(0, 50)
                            .mapToObj(i -> producer.send(new ProducerRecord<>(topic, value(i))))
                            .toList()
                            .stream()
                            .map(Clients::get)
                            .toList();
        }
        // Then acks=0 knows no offset, the others know each
        if (acks.equals("0")) {
            assertThat(answers).noneMatch(RecordMetadata::hasOffset);
        } else {
            assertThat(answers).extracting(RecordMetadata::offset).isEqualTo(offsets(0, 50));
        }
        // and all records are there
        try (var consumer = Clients.consumer(cluster, Map.of("group.id", Clients.unique("acks")))) {
            consumer.subscribe(List.of(topic));
            assertThat(Clients.poll(consumer, 50))
                    .extracting(ConsumerRecord::value)
                    .isEqualTo(IntStream.range(0, 50)
                            .mapToObj(JavaProducerTest::value)
                            .toList());
        }
    }

    @Test
    void keepsHeadersNullKeysTombstonesAndEmptyValues() {
        // Given
        String topic = Clients.topic(cluster, "shapes", 1, Map.of());
        List<Header> headers = List.of(
                new RecordHeader("trace", "a1".getBytes(UTF_8)),
                new RecordHeader("trace", "a2".getBytes(UTF_8)),
                new RecordHeader("empty", new byte[0]),
                new RecordHeader("none", null));
        // When
        try (var producer = Clients.producer(cluster, Map.of())) {
            Clients.get(producer.send(new ProducerRecord<String, String>(topic, 0, 1_000L, null, "no key", headers)));
            Clients.get(producer.send(new ProducerRecord<String, String>(topic, 0, 2_000L, "gone", null, List.of())));
            Clients.get(producer.send(new ProducerRecord<>(topic, 0, 3_000L, "", "")));
        }
        // Then
        var read = Clients.readAll(cluster, topic);
        assertThat(read).extracting(ConsumerRecord::key).containsExactly(null, "gone", "");
        assertThat(read).extracting(ConsumerRecord::value).containsExactly("no key", null, "");
        assertThat(read).extracting(ConsumerRecord::timestamp).containsExactly(1_000L, 2_000L, 3_000L);
        assertThat(read).extracting(ConsumerRecord::timestampType).containsOnly(TimestampType.CREATE_TIME);
        assertThat(read.getFirst().headers().toArray()).containsExactlyElementsOf(headers);
        assertThat(read.get(1).headers().toArray()).isEmpty();
    }

    @Test
    void stampsRecordsOnArrivalWhenTheTopicSaysSo() {
        String topic = Clients.topic(cluster, "append-time", 1, Map.of("message.timestamp.type", "LogAppendTime"));
        // When a record claims to be of 1970
        long before = System.currentTimeMillis();
        RecordMetadata metadata;
        try (var producer = Clients.producer(cluster, Map.of("compression.type", "lz4"))) {
            metadata = Clients.get(producer.send(new ProducerRecord<>(topic, 0, 1L, "k", "v")));
        }
        // Then it is of now, in the answer and in what is read
        long after = System.currentTimeMillis();
        var record = Clients.readAll(cluster, topic).getFirst();
        assertThat(record.timestampType()).isEqualTo(TimestampType.LOG_APPEND_TIME);
        assertThat(record.timestamp()).isBetween(before, after).isEqualTo(metadata.timestamp());
    }

    @Test
    void refusesABatchOverTheTopicsLimitAndTakesOneBelow() {
        // Given a topic of at most 64 KiB a batch, and bytes that do not compress
        String topic = Clients.topic(cluster, "limit", 1, Map.of("max.message.bytes", "65536"));
        try (var producer = Clients.producer(cluster, Map.of())) {
            // When, then
            assertThatThrownBy(() -> Clients.get(producer.send(new ProducerRecord<>(topic, noise(200_000)))))
                    .isInstanceOf(RecordTooLargeException.class);
            assertThat(Clients.get(producer.send(new ProducerRecord<>(topic, noise(60_000))))
                            .offset())
                    .isZero();
        }
        assertThat(Clients.readAll(cluster, topic))
                .extracting(ConsumerRecord::value)
                .containsExactly(noise(60_000));
    }

    @Test
    void carriesARecordOfFiveMegabytesWhenTheTopicAllowsIt() {
        String topic = Clients.topic(cluster, "big", 1, Map.of("max.message.bytes", "8000000"));
        String value = noise(5_000_000);
        try (var producer = Clients.producer(cluster, Map.of("max.request.size", 8_000_000))) {
            Clients.get(producer.send(new ProducerRecord<>(topic, "first", value)));
            Clients.get(producer.send(new ProducerRecord<>(topic, "second", "small")));
        }
        var read = Clients.readAll(cluster, topic);
        assertThat(read).extracting(ConsumerRecord::key).containsExactly("first", "second");
        assertThat(read.getFirst().value().equals(value)).isTrue();
    }

    @Test
    void refusesATimestampFarInTheFuture() {
        // Kafka's default for message.timestamp.after.max.ms is one hour
        String topic = Clients.topic(cluster, "future", 1, Map.of());
        long tomorrow = System.currentTimeMillis() + 86_400_000L;
        try (var producer = Clients.producer(cluster, Map.of())) {
            assertThatThrownBy(() -> Clients.get(producer.send(new ProducerRecord<>(topic, 0, tomorrow, "k", "v"))))
                    .isInstanceOf(InvalidTimestampException.class);
        }
    }

    @Test
    void refusesATopicNameThatCannotBe() {
        try (var producer = Clients.producer(cluster, Map.of("max.block.ms", 20_000))) {
            assertThatThrownBy(() -> Clients.get(producer.send(new ProducerRecord<>("no spaces, please", "v"))))
                    .isInstanceOf(InvalidTopicException.class);
        }
    }

    @Test
    void keepsTheOrderOfAnIdempotentProducerWithManyRequestsInFlight() {
        // Given batches of a few records, five requests in flight
        String topic = Clients.topic(cluster, "idempotent", 1, Map.of());
        try (var producer = Clients.producer(
                cluster,
                Map.of(
                        "enable.idempotence",
                        "true",
                        "acks",
                        "all",
                        "max.in.flight.requests.per.connection",
                        5,
                        "batch.size",
                        200))) {
            var answers = IntStream.range(0, 3_000)
                    .mapToObj(i -> producer.send(new ProducerRecord<>(topic, value(i))))
                    .toList();
            assertThat(answers.stream().map(Clients::get).map(RecordMetadata::offset))
                    .isEqualTo(offsets(0, 3_000));
        }
        assertThat(Clients.readAll(cluster, topic))
                .extracting(ConsumerRecord::value)
                .isEqualTo(IntStream.range(0, 3_000)
                        .mapToObj(JavaProducerTest::value)
                        .toList());
    }

    private static String value(int i) {
        return "value " + i;
    }

    private static List<Long> offsets(long from, long to) {
        return LongStream.range(from, to).boxed().toList();
    }

    /** Letters that no codec makes much smaller, the same for the same length. */
    private static String noise(int length) {
        var random = new Random(length);
        var text = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            text.append((char) (33 + random.nextInt(90)));
        }
        return text.toString();
    }
}
