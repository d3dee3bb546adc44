package io.varve.clients;

import io.varve.testkit.Cluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Java clients with the defaults of a plain user, and the few steps that every test of them takes. */
final class Clients {
    /** Generous: it only decides how long a failing test takes. */
    static final Duration LIMIT = Duration.ofMinutes(1);

    private static final Duration POLL = Duration.ofMillis(200);
    private static final AtomicInteger NAMES = new AtomicInteger();

    private Clients() {}

    /** A name that no other test of this run uses, and no earlier run on the same cluster. */
    static String unique(String name) {
        return name + "-" + Long.toString(System.currentTimeMillis(), 36) + "-" + NAMES.incrementAndGet();
    }

    /** One that does not wait long for a broker that is asleep: there are others to ask. */
    static Admin admin(Cluster cluster) {
        return Admin.create(Map.of(
                "bootstrap.servers",
                cluster.bootstrapServers(),
                "request.timeout.ms",
                10_000,
                "default.api.timeout.ms",
                120_000));
    }

    static Producer<String, String> producer(Cluster cluster, Map<String, Object> settings) {
        var all = new HashMap<String, Object>(settings);
        all.put("bootstrap.servers", cluster.bootstrapServers());
        return new KafkaProducer<>(all, new StringSerializer(), new StringSerializer());
    }

    /** A consumer that begins with the first record. */
    static Consumer<String, String> consumer(Cluster cluster, Map<String, Object> settings) {
        var all = new HashMap<String, Object>();
        all.put("auto.offset.reset", "earliest");
        all.put("enable.auto.commit", "false");
        all.putAll(settings);
        all.put("bootstrap.servers", cluster.bootstrapServers());
        return new KafkaConsumer<>(all, new StringDeserializer(), new StringDeserializer());
    }

    /** Creates a topic and says its name. */
    static String topic(Cluster cluster, String name, int partitions, Map<String, String> configs) {
        String topic = unique(name);
        try (var admin = admin(cluster)) {
            get(admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1).configs(configs)))
                    .all());
        }
        return topic;
    }

    /** Sends values {@code "0" .. "n-1"} to one partition, one batch after another as the producer likes. */
    static List<RecordMetadata> sendNumbers(Cluster cluster, String topic, int partition, int count) {
        try (var producer = producer(cluster, Map.of())) {
            var futures = IntStream.range(0, count)
                    .mapToObj(i ->
                            producer.send(new ProducerRecord<>(topic, partition, "k" + i % 7, Integer.toString(i))))
                    .toList();
            return futures.stream().map(Clients::get).toList();
        }
    }

    /** Sends one record and waits for its answer. */
    static RecordMetadata send(Producer<String, String> producer, ProducerRecord<String, String> record) {
        var future = producer.send(record);
        producer.flush();
        return get(future);
    }

    /** Polls until this many records came. More than that is for the caller to find out. */
    static List<ConsumerRecord<String, String>> poll(Consumer<String, String> consumer, int count) {
        var records = new ArrayList<ConsumerRecord<String, String>>();
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (records.size() < count) {
            if (System.nanoTime() - deadline > 0) {
                Map<TopicPartition, Long> positions = new HashMap<>();
                consumer.assignment().forEach(partition -> positions.put(partition, consumer.position(partition)));
                throw new AssertionError("only " + records.size() + " of " + count + " records came in " + LIMIT
                        + ", up to " + positions + " of " + consumer.endOffsets(consumer.assignment()));
            }
            consumer.poll(POLL).forEach(records::add);
        }
        return records;
    }

    /** Reads the whole topic as it is now: from the beginning to the end offsets. */
    static List<ConsumerRecord<String, String>> readAll(Cluster cluster, String topic) {
        try (var consumer = consumer(cluster, Map.of())) {
            var partitions = consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            var ends = consumer.endOffsets(partitions);
            var starts = consumer.beginningOffsets(partitions);
            long count = partitions.stream()
                    .mapToLong(p -> ends.get(p) - starts.get(p))
                    .sum();
            return poll(consumer, Math.toIntExact(count));
        }
    }

    /** The result of a call to the cluster; its own exception when the cluster refused. */
    static <T> T get(Future<T> future) {
        try {
            return future.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new AssertionError(e.getCause());
        } catch (TimeoutException e) {
            throw new AssertionError("no answer within " + LIMIT, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    static <T> T get(KafkaFuture<T> future) {
        return get(future.toCompletionStage().toCompletableFuture());
    }
}
