package io.varve.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
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
import picocli.CommandLine.Mixin;

@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = {
            "Show the cluster: its brokers and what they own, the placer, how many topics and partitions there are, which are on their way to other"
                    + " brokers, which nobody serves, and what health says.",
            "It ends with 1 when a partition is offline or the broker asked says it is not ready."
        })
final class StatusCommand extends ClientCommand {

    @Mixin
    HttpOption http = new HttpOption();

    /**
     * The cluster as of now.
     *
     * @param controller the broker that places partitions
     * @param gone brokers that partitions are assigned to and that are not there; empty also when HTTP does not answer
     * @param moving partitions on their way to other brokers
     */
    record Status(
            String clusterId,
            @Nullable Integer controller,
            List<Broker> brokers,
            List<Gone> gone,
            List<PartitionMoves.Moving> moving,
            int topics,
            int partitions,
            int underReplicated,
            List<String> offline,
            Health health) {}

    /**
     * A live broker.
     *
     * @param state {@code serving}, {@code starting}, {@code stopping}; null when HTTP does not answer
     * @param owned partitions that it leads
     * @param copies partitions that it has, or is to have, a copy of
     */
    record Broker(
            int id,
            String address,
            @Nullable String rack,
            @Nullable String state,
            int owned,
            int copies) {}

    /** A broker that is missed. */
    record Gone(int id, @Nullable String since, int assigned) {}

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
        Collection<TopicDescription> topics = admin.describeTopics(
                        admin.listTopics().names().get())
                .allTopicNames()
                .get()
                .values();
        String url = http.url(client);
        String clusterId = cluster.clusterId().get();
        JsonNode placement = PlacementProbe.cluster(url, clusterId);
        List<Broker> brokers = cluster.nodes().get().stream()
                .map(node -> broker(node, topics, placement))
                .sorted(Comparator.comparingInt(Broker::id))
                .toList();
        return new Status(
                clusterId,
                controller == null || controller.isEmpty() ? null : controller.id(),
                brokers,
                gone(placement),
                PartitionMoves.list(admin),
                topics.size(),
                topics.stream().mapToInt(topic -> topic.partitions().size()).sum(),
                (int) topics.stream()
                        .flatMap(topic -> topic.partitions().stream())
                        .filter(partition ->
                                partition.isr().size() < partition.replicas().size())
                        .count(),
                offline(topics),
                HealthProbe.ask(url));
    }

    private static Broker broker(Node node, Collection<TopicDescription> topics, JsonNode placement) {
        List<TopicPartitionInfo> partitions =
                topics.stream().flatMap(topic -> topic.partitions().stream()).toList();
        String state = null;
        for (JsonNode known : placement.path("brokers")) {
            if (known.path("id").asInt(-1) == node.id()) {
                state = known.path("state").asText();
            }
        }
        return new Broker(
                node.id(),
                node.host() + ":" + node.port(),
                node.rack(),
                state,
                (int) partitions.stream()
                        .filter(partition ->
                                partition.leader() != null && partition.leader().id() == node.id())
                        .count(),
                (int) partitions.stream()
                        .filter(partition -> partition.replicas().stream().anyMatch(each -> each.id() == node.id()))
                        .count());
    }

    private static List<Gone> gone(JsonNode placement) {
        List<Gone> gone = new ArrayList<>();
        for (JsonNode known : placement.path("brokers")) {
            if (known.path("state").asText().equals("gone")) {
                gone.add(new Gone(
                        known.path("id").asInt(),
                        known.path("goneSince").asText(null),
                        known.path("assigned").asInt()));
            }
        }
        return gone;
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
        if (!status.moving().isEmpty()) {
            out().println("Moving      " + status.moving().size() + " partitions ('varve partition list-moves')");
        }
        var table = new Table("BROKER", "ADDRESS", "RACK", "STATE", "OWNS", "COPIES", "");
        for (Broker broker : status.brokers()) {
            boolean places = status.controller() != null && status.controller() == broker.id();
            table.row(
                    broker.id(),
                    broker.address(),
                    broker.rack(),
                    broker.state(),
                    broker.owned(),
                    broker.copies(),
                    places ? "controller (placer)" : "");
        }
        for (Gone gone : status.gone()) {
            String since = gone.since() == null ? "" : "since " + gone.since();
            table.row(gone.id(), null, null, "gone", 0, gone.assigned(), since);
        }
        table.print(out());
    }
}
