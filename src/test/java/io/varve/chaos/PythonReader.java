package io.varve.chaos;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;

/** A consumer on librdkafka without a group that reads everything from the first record on: without a gap, and nothing twice. */
final class PythonReader extends PythonClient {
    private final String bootstrapServers;
    private final List<History.Topic> topics;
    private final Map<TopicPartition, Long> next = new ConcurrentHashMap<>();

    PythonReader(String name, List<History.Topic> topics, String bootstrapServers, Path folder, History history) {
        super(name, folder, history);
        this.topics = topics;
        this.bootstrapServers = bootstrapServers;
    }

    @Override
    List<String> arguments() {
        return Stream.concat(
                        Stream.of("read", bootstrapServers),
                        topics.stream().map(topic -> topic.name() + ":" + topic.partitions()))
                .toList();
    }

    @Override
    void line(List<String> words) {
        TopicPartition partition = new TopicPartition(words.get(1), Integer.parseInt(words.get(2)));
        long offset = Long.parseLong(words.get(3));
        long due = progress(partition);
        if (offset != due) {
            history().violations().add(partition + ": " + name() + " got " + offset + " where " + due + " was due");
        }
        var _ = history().read(name(), partition, offset, words.get(4) + " " + words.get(5) + " ");
        next.put(partition, offset + 1);
    }

    @Override
    public long progress(TopicPartition partition) {
        return topics.stream().anyMatch(topic -> topic.partitionsOf().contains(partition))
                ? next.getOrDefault(partition, 0L)
                : -1;
    }
}
