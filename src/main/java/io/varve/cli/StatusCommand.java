package io.varve.cli;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartitionInfo;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = {
            "Show the cluster: its brokers, how many topics and partitions, which of them nobody serves, and what health says.",
            "It ends with 1 when a partition is offline or the broker asked says it is not ready."
        })
final class StatusCommand extends ClientCommand {

    @Option(
            names = "--http",
            paramLabel = "URL",
            defaultValue = "${env:VARVE_HTTP}",
            description =
                    "Where the broker's HTTP is (default: $VARVE_HTTP, else port 8080 of the first bootstrap host).")
    @Nullable
    String http;

    /** The cluster as of now. */
    record Status(
            String clusterId,
            @Nullable Integer controller,
            List<Broker> brokers,
            int topics,
            int partitions,
            int underReplicated,
            List<String> offline,
            Health health) {}

    /** A live broker. */
    record Broker(int id, String address, @Nullable String rack) {}

    /**
     * What {@code /health/ready} answered.
     *
     * @param state {@code ready}, {@code not ready} or {@code unknown}
     * @param problems what is missing
     */
    record Health(String url, String state, List<String> problems) {}

    @Override
    public Integer call() throws Exception {
        Status status;
        try (Admin admin = admin()) {
            status = status(admin);
        }
        if (json()) {
            printJson(status);
        } else {
            print(status);
        }
        boolean well = status.offline().isEmpty() && !status.health().state().equals(HealthProbe.NOT_READY);
        return well ? ExitCode.DONE : ExitCode.FAILED;
    }

    private Status status(Admin admin) throws Exception {
        DescribeClusterResult cluster = admin.describeCluster();
        Node controller = cluster.controller().get();
        List<Broker> brokers = cluster.nodes().get().stream()
                .map(node -> new Broker(node.id(), node.host() + ":" + node.port(), node.rack()))
                .sorted(Comparator.comparingInt(Broker::id))
                .toList();
        Collection<TopicDescription> topics = admin.describeTopics(
                        admin.listTopics().names().get())
                .allTopicNames()
                .get()
                .values();
        return new Status(
                cluster.clusterId().get(),
                controller == null || controller.isEmpty() ? null : controller.id(),
                brokers,
                topics.size(),
                topics.stream().mapToInt(topic -> topic.partitions().size()).sum(),
                (int) topics.stream()
                        .flatMap(topic -> topic.partitions().stream())
                        .filter(partition ->
                                partition.isr().size() < partition.replicas().size())
                        .count(),
                offline(topics),
                HealthProbe.ask(http == null ? HealthProbe.defaultUrl(client.bootstrap) : http));
    }

    private static List<String> offline(Collection<TopicDescription> topics) {
        return topics.stream()
                .flatMap(topic -> topic.partitions().stream()
                        .filter(StatusCommand::isOffline)
                        .map(partition -> topic.name() + "-" + partition.partition()))
                .sorted()
                .toList();
    }

    private static boolean isOffline(TopicPartitionInfo partition) {
        return partition.leader() == null || partition.leader().isEmpty();
    }

    private void print(Status status) {
        out().println("Cluster     " + status.clusterId());
        out().println("Topics      %d with %d partitions, %d offline, %d under-replicated"
                .formatted(
                        status.topics(), status.partitions(), status.offline().size(), status.underReplicated()));
        status.offline().stream().limit(20).forEach(name -> out().println("  offline   " + name));
        out().println("Health      " + status.health().state() + " ("
                + status.health().url() + ")");
        status.health().problems().forEach(problem -> out().println("  problem   " + problem));
        var table = new Table("BROKER", "ADDRESS", "RACK", "");
        for (Broker broker : status.brokers()) {
            boolean controls = status.controller() != null && status.controller() == broker.id();
            table.row(broker.id(), broker.address(), broker.rack(), controls ? "controller" : "");
        }
        table.print(out());
    }
}
