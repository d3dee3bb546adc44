package io.varve.chaos;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/** A Java consumer without a group that reads everything from the first record on: without a gap, and nothing twice. */
final class JavaReader extends ThreadClient {
    private static final Duration POLL = Duration.ofMillis(200);

    private final List<TopicPartition> partitions;
    private final Map<String, Object> settings;
    private final History history;
    private final Map<TopicPartition, Long> next = new ConcurrentHashMap<>();

    JavaReader(String name, List<TopicPartition> partitions, String bootstrapServers, History history) {
        super(name);
        this.partitions = partitions;
        this.history = history;
        this.settings = Map.of(
                "bootstrap.servers", bootstrapServers, "auto.offset.reset", "none", "enable.auto.commit", "false");
    }

    @Override
    void run() {
        try (Consumer<String, String> consumer =
                new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(partitions);
            partitions.forEach(partition -> consumer.seek(partition, 0));
            while (!isStopped()) {
                consumer.poll(POLL).forEach(this::take);
            }
        } catch (KafkaException e) {
            history.violations().add("reader " + name() + " ended: " + e);
        }
    }

    private void take(ConsumerRecord<String, String> record) {
        TopicPartition partition = new TopicPartition(record.topic(), record.partition());
        long due = progress(partition);
        if (record.offset() != due) {
            history.violations()
                    .add(partition + ": reader " + name() + " got " + record.offset() + " where " + due + " was due");
        }
        var _ = history.read(name(), partition, record.offset(), record.value());
        next.put(partition, record.offset() + 1);
    }

    @Override
    public long progress(TopicPartition partition) {
        return partitions.contains(partition) ? next.getOrDefault(partition, 0L) : -1;
    }
}
