package io.varve.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.varve.testkit.Cluster;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Sends numbers to all partitions in turn, as fast as they are acknowledged, until it is stopped. */
final class NumberedLoad implements AutoCloseable {
    private final Producer<String, String> producer;
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final Cluster cluster;
    private final String topic;
    private final int partitions;
    private final Map<Integer, Integer> acknowledged = new ConcurrentHashMap<>();
    private final AtomicReference<Exception> failure = new AtomicReference<>();
    private final Thread thread;
    private volatile boolean stopped;

    NumberedLoad(Cluster cluster, String topic, int partitions) {
        this.cluster = cluster;
        this.topic = topic;
        this.partitions = partitions;
        // Longer than a broker is away here: whatever happens, the producer must get it through by itself.
        producer = Clients.producer(cluster, Map.of("delivery.timeout.ms", 120_000, "linger.ms", 5));
        thread = Thread.ofPlatform().start(this::run);
    }

    private void run() {
        for (int number = 0; !stopped && failure.get() == null; number++) {
            int sent = number;
            for (int partition = 0; partition < partitions; partition++) {
                int to = partition;
                var _ = producer.send(new ProducerRecord<>(topic, to, null, Integer.toString(sent)), (done, error) -> {
                    if (error != null) {
                        failure.compareAndSet(null, error);
                    } else {
                        acknowledged.merge(to, 1, Integer::sum);
                    }
                });
            }
            try {
                Thread.sleep(2);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /** Waits until every partition has acknowledged more than now. */
    void awaitProgress() {
        Map<Integer, Integer> before = Map.copyOf(acknowledged);
        await().atMost(LIMIT).until(() -> {
            assertThat(failure.get()).isNull();
            return acknowledged.size() == partitions
                    && acknowledged.entrySet().stream()
                            .allMatch(now -> now.getValue() > before.getOrDefault(now.getKey(), 0) + 20);
        });
    }

    /** Stops, and checks that every number that was acknowledged is there once and in its order, and no other. */
    void endAndCheck() throws InterruptedException {
        stopped = true;
        thread.join();
        producer.close();
        assertThat(failure.get()).isNull();
        Map<Integer, List<String>> read = Clients.readAll(cluster, topic).stream()
                .collect(Collectors.groupingBy(
                        ConsumerRecord::partition, Collectors.mapping(ConsumerRecord::value, Collectors.toList())));
        acknowledged.forEach((partition, count) -> {
            List<String> values = read.get(partition);
            assertThat(values).hasSize(count);
            for (int i = 0; i < count; i++) {
                assertThat(values.get(i)).isEqualTo(Integer.toString(i));
            }
        });
    }

    @Override
    public void close() {
        stopped = true;
        producer.close(Duration.ZERO);
    }
}
