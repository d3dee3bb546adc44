package io.varve.bench;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Sends records at a steady rate and measures, of each, the time until it was acknowledged and until a consumer had it.
 *
 * <p>Times count from when a record <em>should</em> have been sent. So a broker that makes the sender wait is charged
 * for the records that queue up meanwhile, and not excused from them ("coordinated omission").
 */
final class Latency {
    private static final int RECORD_BYTES = 1024;
    private static final long NONE = -1;
    private static final Duration DRAIN_LIMIT = Duration.ofSeconds(30);

    /** Percentiles in milliseconds. */
    record Percentiles(double p50, double p99, double p999) {
        private static Percentiles of(long[] nanos) {
            Arrays.sort(nanos);
            return new Percentiles(at(nanos, 0.5), at(nanos, 0.99), at(nanos, 0.999));
        }

        private static double at(long[] sorted, double quantile) {
            return sorted[Math.toIntExact((long) (quantile * (sorted.length - 1)))] / 1e6;
        }
    }

    /** @param achieved records acknowledged a second, from the first that should have been sent to the last ack */
    record Result(Percentiles ack, Percentiles endToEnd, double achieved) {}

    private final String bootstrapServers;
    private final String topic;
    private final int partitions;
    private final int rate;
    private final int warmUp;
    private final int records;
    private final AtomicLongArray acked;
    private final AtomicLongArray received;
    private final AtomicInteger ackedCount = new AtomicInteger();
    private final AtomicInteger receivedCount = new AtomicInteger();
    private final AtomicReference<Exception> failure = new AtomicReference<>();
    private volatile boolean done;

    private Latency(String bootstrapServers, String topic, int partitions, int rate, int warmUpSeconds, int seconds) {
        this.bootstrapServers = bootstrapServers;
        this.topic = topic;
        this.partitions = partitions;
        this.rate = rate;
        this.warmUp = rate * warmUpSeconds;
        this.records = warmUp + rate * seconds;
        this.acked = filled(records);
        this.received = filled(records);
    }

    /** Measures for {@code seconds}, after a warm-up that does not count. The topic is empty and nobody else uses it. */
    static Result measure(
            String bootstrapServers, String topic, int partitions, int rate, int warmUpSeconds, int seconds) {
        return new Latency(bootstrapServers, topic, partitions, rate, warmUpSeconds, seconds).run();
    }

    private Result run() {
        var consumer = Thread.ofPlatform().name("bench-consumer").start(this::receive);
        long start;
        try (var producer = producer()) {
            start = send(producer);
            producer.flush();
            awaitReceived();
        } finally {
            done = true;
            join(consumer);
        }
        if (failure.get() != null) {
            throw new IllegalStateException("the load failed", failure.get());
        }
        double elapsed = (last(acked) - start) / 1e9;
        return new Result(percentiles(acked, start), percentiles(received, start), records / elapsed);
    }

    /** Sends every record when it is due, and returns when the first one was. */
    private long send(KafkaProducer<byte[], byte[]> producer) {
        producer.partitionsFor(topic);
        long start = System.nanoTime();
        for (int i = 0; i < records && failure.get() == null; i++) {
            long due = due(start, i);
            while (System.nanoTime() < due) {
                LockSupport.parkNanos(Math.max(due - System.nanoTime(), 1));
            }
            int number = i;
            byte[] value = ByteBuffer.allocate(RECORD_BYTES).putInt(number).array();
            var ignored =
                    producer.send(new ProducerRecord<>(topic, number % partitions, null, value), (metadata, error) -> {
                        if (error != null) {
                            failure.compareAndSet(null, error);
                        } else {
                            acked.set(number, System.nanoTime());
                            ackedCount.incrementAndGet();
                        }
                    });
        }
        return start;
    }

    private void receive() {
        var settings = Map.<String, Object>of("bootstrap.servers", bootstrapServers);
        try (var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            var all = new TopicPartition[partitions];
            Arrays.setAll(all, i -> new TopicPartition(topic, i));
            consumer.assign(List.of(all));
            consumer.seekToBeginning(List.of(all));
            while (!done) {
                var polled = consumer.poll(Duration.ofMillis(100));
                long now = System.nanoTime();
                polled.forEach(
                        record -> received.set(ByteBuffer.wrap(record.value()).getInt(), now));
                receivedCount.addAndGet(polled.count());
            }
        } catch (RuntimeException e) {
            failure.compareAndSet(null, e);
        }
    }

    private void awaitReceived() {
        long deadline = System.nanoTime() + DRAIN_LIMIT.toNanos();
        while (receivedCount.get() < records && failure.get() == null) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("only " + receivedCount + " of " + records + " records came, "
                        + ackedCount + " were acknowledged");
            }
            LockSupport.parkNanos(1_000_000);
        }
    }

    private Percentiles percentiles(AtomicLongArray times, long start) {
        var latencies = new long[records - warmUp];
        Arrays.setAll(latencies, i -> times.get(warmUp + i) - due(start, warmUp + i));
        return Percentiles.of(latencies);
    }

    private long due(long start, int number) {
        return start + number * 1_000_000_000L / rate;
    }

    /** linger.ms=0: the broker is measured, not how long the client waits to fill a batch. */
    private KafkaProducer<byte[], byte[]> producer() {
        return new KafkaProducer<>(
                Map.of("bootstrap.servers", bootstrapServers, "acks", "all", "linger.ms", 0),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    private static AtomicLongArray filled(int size) {
        var times = new long[size];
        Arrays.fill(times, NONE);
        return new AtomicLongArray(times);
    }

    private static long last(AtomicLongArray times) {
        long last = times.get(0);
        for (int i = 1; i < times.length(); i++) {
            last = Math.max(last, times.get(i));
        }
        return last;
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
