package io.varve.chaos;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;

/** A member of a consumer group on librdkafka that commits what it has read. */
final class PythonMember extends PythonClient {
    private final GroupLedger group;
    private final String protocol;
    private final List<String> topics;
    private final String bootstrapServers;
    private final Map<TopicPartition, GroupLedger.Assigned> assigned = new HashMap<>();

    PythonMember(
            String name,
            GroupLedger group,
            String protocol,
            List<String> topics,
            String bootstrapServers,
            Path folder,
            History history) {
        super(name, folder, history);
        this.group = group;
        this.protocol = protocol;
        this.topics = topics;
        this.bootstrapServers = bootstrapServers;
    }

    @Override
    List<String> arguments() {
        return Stream.concat(Stream.of("group", bootstrapServers, group.group(), protocol), topics.stream())
                .toList();
    }

    @Override
    void line(List<String> words) {
        TopicPartition partition = new TopicPartition(words.get(1), Integer.parseInt(words.get(2)));
        switch (words.getFirst()) {
            case "assigned" -> assigned.put(partition, group.assigned(name(), partition));
            case "revoked" -> assigned.remove(partition);
            case "committed" -> {
                group.committed(partition, Long.parseLong(words.get(3)));
                history().committed();
            }
            default -> read(words, partition);
        }
    }

    private void read(List<String> words, TopicPartition partition) {
        long offset = Long.parseLong(words.get(3));
        var _ = history().read(name(), partition, offset, words.get(4) + " " + words.get(5) + " ");
        GroupLedger.Assigned at = assigned.get(partition);
        if (at == null) {
            history().violations().add(name() + " read of " + partition + ", which it was not given");
        } else {
            at.read(offset);
        }
    }

    /** That of its group: what is committed. */
    @Override
    public long progress(TopicPartition partition) {
        return topics.contains(partition.topic()) ? group.committed(partition) : -1;
    }
}
