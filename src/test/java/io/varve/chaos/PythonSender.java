package io.varve.chaos;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;

/** An idempotent producer on librdkafka. A send that fails is a violation: its topics have several copies. */
final class PythonSender extends PythonClient {
    private final String bootstrapServers;
    private final int everyMillis;
    private final List<History.Topic> topics;
    private final Map<TopicPartition, Long> acknowledged = new ConcurrentHashMap<>();
    private int sender;

    PythonSender(
            String name,
            List<History.Topic> topics,
            int everyMillis,
            String bootstrapServers,
            Path folder,
            History history) {
        super(name, folder, history);
        this.topics = topics;
        this.everyMillis = everyMillis;
        this.bootstrapServers = bootstrapServers;
    }

    @Override
    List<String> arguments() {
        sender = history().newSender(name());
        return Stream.concat(
                        Stream.of("produce", bootstrapServers, Integer.toString(sender), Integer.toString(everyMillis)),
                        topics.stream().map(topic -> topic.name() + ":" + topic.partitions()))
                .toList();
    }

    @Override
    void line(List<String> words) {
        TopicPartition partition = new TopicPartition(words.get(1), Integer.parseInt(words.get(2)));
        if (words.getFirst().equals("sent")) {
            RecordName record = new RecordName(sender, Long.parseLong(words.get(4)));
            history().acknowledged(partition, record, Long.parseLong(words.get(3)));
            acknowledged.merge(partition, 1L, Long::sum);
        } else {
            history().failed();
            history().violations().add(name() + ": a send failed for good: " + words);
        }
    }

    @Override
    public long progress(TopicPartition partition) {
        return topics.stream().anyMatch(topic -> topic.partitionsOf().contains(partition))
                ? acknowledged.getOrDefault(partition, 0L)
                : -1;
    }
}
