package io.varve.bench;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Sends records to one partition at a steady rate, whatever happens, and knows when each was sent and acknowledged
 * ({@code acks=all}). The client asks often ({@code retry.backoff.ms=10}), so that its patience is not what is measured.
 *
 * <p>Thread-safe. What was acknowledged is kept until {@link #forget}: a scenario forgets between its repetitions.
 */
final class SteadyLoad implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofMinutes(3);

    private final KafkaProducer<byte[], byte[]> producer;
    private final String topic;
    private final int partition;
    private final long everyNanos;
    private final byte[] value;
    private final AtomicReference<Exception> failure = new AtomicReference<>();

    /** When a record was acknowledged, by when it was sent; one is sent at a time, so times differ. */
    private final ConcurrentSkipListMap<Long, Long> acked = new ConcurrentSkipListMap<>();

    private final Thread sender;
    private volatile boolean stopped;

    SteadyLoad(String bootstrapServers, String topic, int partition, int rate, int recordBytes) {
        this.topic = topic;
        this.partition = partition;
        this.everyNanos = 1_000_000_000L / rate;
        this.value = new byte[recordBytes];
        this.producer =
                new KafkaProducer<>(settings(bootstrapServers), new ByteArraySerializer(), new ByteArraySerializer());
        this.sender = Thread.ofPlatform().name("bench-steady").start(this::send);
    }

    /**
     * Settings of a client that finds a new leader as soon as there is one. It must not try to reach the old one as often as it asks for metadata: it
     * waits for a connection that is being made before it asks another broker, and with both times the same it may be made again each time, for
     * ever.
     */
    static Map<String, Object> settings(String bootstrapServers) {
        return Map.ofEntries(
                Map.entry("bootstrap.servers", bootstrapServers),
                Map.entry("acks", "all"),
                Map.entry("linger.ms", 0),
                Map.entry("retry.backoff.ms", 10),
                Map.entry("retry.backoff.max.ms", 10),
                Map.entry("reconnect.backoff.ms", 50),
                Map.entry("reconnect.backoff.max.ms", 50),
                Map.entry("max.block.ms", LIMIT.toMillis()),
                Map.entry("request.timeout.ms", 10_000),
                Map.entry("delivery.timeout.ms", Math.toIntExact(LIMIT.toMillis())));
    }

    private void send() {
        long next = System.nanoTime();
        while (!stopped && failure.get() == null) {
            long now = System.nanoTime();
            if (now < next) {
                LockSupport.parkNanos(next - now);
                continue;
            }
            next += everyNanos;
            var _ = producer.send(new ProducerRecord<>(topic, partition, null, value), (metadata, error) -> {
                if (error != null) {
                    failure.compareAndSet(null, error);
                } else {
                    acked.put(now, System.nanoTime());
                }
            });
        }
    }

    /** Waits for the first acknowledgement of a record that was sent after this moment, and says when it came. */
    long awaitAckOfSentAfter(long nanos) {
        Await.until("a record is acknowledged", LIMIT, () -> {
            throwIfFailed();
            return acked.higherEntry(nanos) != null;
        });
        return acked.tailMap(nanos, false).values().stream()
                .mapToLong(Long::longValue)
                .min()
                .orElseThrow();
    }

    /** How many were acknowledged and not forgotten. */
    int acknowledged() {
        throwIfFailed();
        return acked.size();
    }

    /** Waits until this many more records were acknowledged than now. */
    void awaitMore(int records) {
        int before = acked.size();
        Await.until("records are acknowledged", LIMIT, () -> {
            throwIfFailed();
            return acked.size() >= before + records;
        });
    }

    /** The longest time without an acknowledgement that ended after this moment. */
    long longestGapSince(long nanos) {
        long[] times =
                acked.values().stream().mapToLong(Long::longValue).sorted().toArray();
        long longest = 0;
        for (int i = 1; i < times.length; i++) {
            if (times[i] > nanos) {
                longest = Math.max(longest, times[i] - times[i - 1]);
            }
        }
        return longest;
    }

    /** Forgets what was acknowledged so far. */
    void forget() {
        acked.clear();
    }

    private void throwIfFailed() {
        if (failure.get() != null) {
            throw new IllegalStateException("the load failed: " + failure.get(), failure.get());
        }
    }

    @Override
    public void close() {
        stopped = true;
        try {
            sender.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        producer.close(Duration.ZERO);
    }
}
