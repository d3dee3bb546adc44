package io.varve.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.testkit.Folders;
import io.varve.testkit.WholeVarve;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The main job on real data: in with every codec, through two power cuts, out of S3 and etcd alone when the whole disk
 * is gone; each record once, in order, byte for byte (rules 3, 7 and 10 of the design).
 */
@Tag("process")
class VegaFlightsTest {
    private static final int PARTITIONS = 3;
    private static final int CHUNK = 10_000;
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final List<String> CODECS = List.of("none", "gzip", "snappy", "lz4", "zstd");
    private static final String GROUP = "flights-readers";

    @TempDir
    Path folder;

    @Test
    void everyRecordSurvivesPowerCutsAndTheLossOfTheDisk() {
        var entries = Flights.all();
        assertThat(entries).hasSizeGreaterThan(280_000);
        try (var varve = WholeVarve.start(folder)) {
            // Given a topic with the smallest segments that Kafka allows
            String topic = Clients.topic(varve, "flights", PARTITIONS, Map.of("segment.bytes", "1048576"));

            // When all is sent, with kill -9 at one third and at two thirds of the way
            var acks = send(varve, topic, entries);

            // and a group has read and committed a part
            var read = new HashMap<Integer, List<ConsumerRecord<String, byte[]>>>();
            read(varve, topic, read, soFar -> soFar >= 50_000);

            // and the broker stops as planned and loses its disk
            varve.broker().terminate();
            assertThat(varve.bytesInBucket()).as("bytes in the bucket").isGreaterThan(1_000_000);
            Folders.delete(varve.broker().dataFolder());
            varve.broker().restart();

            // Then the group goes on where it was, and sees every record
            read(varve, topic, read, soFar -> soFar >= entries.size());
            assertThat(committed(varve, topic)).isEqualTo(entries.size());
            compare(entries, acks, read);
        }
    }

    /** Sends chunk after chunk, each with the next codec, and says where each record was acknowledged to be. */
    private static List<RecordMetadata> send(WholeVarve varve, String topic, List<Flights.Entry> entries) {
        var futures = new ArrayList<Future<RecordMetadata>>(entries.size());
        var producers = CODECS.stream().map(codec -> producer(varve, codec)).toList();
        Set<Integer> powerCuts = Set.of(entries.size() / 3, entries.size() * 2 / 3);
        try {
            for (int i = 0; i < entries.size(); i++) {
                var producer = producers.get(i / CHUNK % CODECS.size());
                var entry = entries.get(i);
                futures.add(producer.send(new ProducerRecord<>(topic, entry.key(), entry.value())));
                if (powerCuts.contains(i)) {
                    varve.broker().kill9();
                    varve.broker().launch();
                }
                if (i % CHUNK == CHUNK - 1) {
                    // The next chunk is another producer's: the order of a key is the order of the chunks.
                    producer.flush();
                }
            }
        } finally {
            producers.forEach(Producer::close);
        }
        return futures.stream().map(Clients::get).toList();
    }

    private static void compare(
            List<Flights.Entry> entries,
            List<RecordMetadata> acks,
            Map<Integer, List<ConsumerRecord<String, byte[]>>> read) {
        var next = new int[PARTITIONS];
        for (int i = 0; i < entries.size(); i++) {
            int partition = acks.get(i).partition();
            int position = next[partition]++;
            assertThat(acks.get(i).offset())
                    .as("acknowledged offset of record %d", i)
                    .isEqualTo(position);
            var record = read.get(partition).get(position);
            var entry = entries.get(i);
            if (record.offset() != position
                    || !record.key().equals(entry.key())
                    || !Arrays.equals(record.value(), entry.value())) {
                throw new AssertionError("record " + i + " at " + partition + "@" + position + " was sent with key "
                        + entry.key() + " and came back as " + record);
            }
        }
        assertThat(next).doesNotContain(0);
        for (int partition = 0; partition < PARTITIONS; partition++) {
            assertThat(read.get(partition))
                    .as("records of partition %d", partition)
                    .hasSize(next[partition]);
        }
    }

    /** Reads with the group until there is enough, and commits all that was read. */
    private static void read(
            WholeVarve varve,
            String topic,
            Map<Integer, List<ConsumerRecord<String, byte[]>>> read,
            Predicate<Long> enough) {
        try (var consumer = consumer(varve)) {
            consumer.subscribe(List.of(topic));
            long deadline = System.nanoTime() + LIMIT.toNanos();
            while (!enough.test(count(read))) {
                if (System.nanoTime() - deadline > 0) {
                    throw new AssertionError("only " + count(read) + " records came in " + LIMIT);
                }
                for (var record : consumer.poll(Duration.ofMillis(200))) {
                    read.computeIfAbsent(record.partition(), p -> new ArrayList<>())
                            .add(record);
                }
            }
            consumer.commitSync();
        }
    }

    private static long count(Map<Integer, List<ConsumerRecord<String, byte[]>>> read) {
        return read.values().stream().mapToLong(List::size).sum();
    }

    private static long committed(WholeVarve varve, String topic) {
        try (var admin = Clients.admin(varve)) {
            var offsets = Clients.get(admin.listConsumerGroupOffsets(GROUP).partitionsToOffsetAndMetadata());
            long sum = 0;
            for (int partition = 0; partition < PARTITIONS; partition++) {
                sum += offsets.get(new TopicPartition(topic, partition)).offset();
            }
            return sum;
        }
    }

    private static Producer<String, byte[]> producer(WholeVarve varve, String codec) {
        return new KafkaProducer<>(
                Map.of(
                        "bootstrap.servers",
                        varve.bootstrapServers(),
                        "compression.type",
                        codec,
                        "enable.idempotence",
                        "true",
                        "retries",
                        Integer.MAX_VALUE,
                        "delivery.timeout.ms",
                        Math.toIntExact(LIMIT.toMillis()),
                        "max.block.ms",
                        LIMIT.toMillis(),
                        "linger.ms",
                        5),
                new StringSerializer(),
                new ByteArraySerializer());
    }

    private static Consumer<String, byte[]> consumer(WholeVarve varve) {
        return new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers",
                        varve.bootstrapServers(),
                        "group.id",
                        GROUP,
                        "auto.offset.reset",
                        "earliest",
                        "enable.auto.commit",
                        "false"),
                new StringDeserializer(),
                new ByteArrayDeserializer());
    }
}
