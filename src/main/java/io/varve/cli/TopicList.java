package io.varve.cli;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "list", mixinStandardHelpOptions = true, description = "List topics.")
final class TopicList extends ClientCommand {

    @Option(names = "--internal", description = "Also topics that the cluster keeps for itself.")
    boolean internal;

    /** A line of the list. */
    record Listed(String topic, String id, int partitions, int replicationFactor) {}

    @Override
    public Integer call() throws Exception {
        try (Admin admin = admin()) {
            Collection<String> names = admin.listTopics(new ListTopicsOptions().listInternal(internal))
                    .names()
                    .get();
            List<Listed> topics = admin.describeTopics(names).allTopicNames().get().values().stream()
                    .map(TopicList::listed)
                    .sorted(Comparator.comparing(Listed::topic))
                    .toList();
            print(topics);
        }
        return ExitCode.DONE;
    }

    private static Listed listed(TopicDescription topic) {
        int replicas = topic.partitions().isEmpty()
                ? 0
                : topic.partitions().getFirst().replicas().size();
        return new Listed(
                topic.name(), topic.topicId().toString(), topic.partitions().size(), replicas);
    }

    private void print(List<Listed> topics) {
        if (json()) {
            printJson(topics);
            return;
        }
        var table = new Table("TOPIC", "PARTITIONS", "REPLICAS", "ID");
        topics.forEach(topic -> table.row(topic.topic(), topic.partitions(), topic.replicationFactor(), topic.id()));
        table.print(out());
    }
}
