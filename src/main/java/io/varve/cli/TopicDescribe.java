package io.varve.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConfigEntry.ConfigSource;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "describe",
        mixinStandardHelpOptions = true,
        description = {
            "Show partitions (leader, copies, offsets, why they are where they are) and the settings of topics that are not defaults.",
            "The reasons come from the broker's HTTP side; without it they are what Kafka's protocol tells."
        })
final class TopicDescribe extends ClientCommand {

    @Parameters(arity = "1..*", paramLabel = "TOPIC", description = "One or more topics.")
    List<String> names = List.of();

    @Mixin
    HttpOption http = new HttpOption();

    /** A topic with its own settings. */
    record Described(String topic, String id, Map<String, String> configs, List<Partition> partitions) {}

    /** Offsets are null where there is no leader to ask; {@code end} is exclusive; {@code why} it is where it is. */
    record Partition(
            int partition,
            @Nullable Integer leader,
            List<Integer> replicas,
            List<Integer> inSync,
            @Nullable Long start,
            @Nullable Long end,
            String why) {}

    @Override
    public Integer call() throws Exception {
        try (Admin admin = admin()) {
            Map<String, TopicDescription> found = Topics.describe(admin, names);
            var described = new ArrayList<Described>();
            for (TopicDescription topic : found.values()) {
                described.add(describe(admin, topic));
            }
            print(described);
        }
        return ExitCode.DONE;
    }

    private Described describe(Admin admin, TopicDescription topic) throws Exception {
        List<TopicPartition> served = topic.partitions().stream()
                .filter(partition -> partition.leader() != null)
                .map(partition -> new TopicPartition(topic.name(), partition.partition()))
                .toList();
        Map<TopicPartition, Long> starts = Offsets.list(admin, served, OffsetSpec.earliest());
        Map<TopicPartition, Long> ends = Offsets.list(admin, served, OffsetSpec.latest());
        Map<Integer, String> reasons = reasons(admin, topic.name());
        List<Partition> partitions = topic.partitions().stream()
                .map(info -> partition(topic.name(), info, starts, ends, reasons))
                .toList();
        return new Described(topic.name(), topic.topicId().toString(), ownConfigs(admin, topic.name()), partitions);
    }

    private Map<Integer, String> reasons(Admin admin, String topic) throws Exception {
        Map<Integer, String> reasons = new HashMap<>();
        String clusterId = admin.describeCluster().clusterId().get();
        for (JsonNode place : PlacementProbe.topic(http.url(client), clusterId, topic)) {
            reasons.put(place.path("partition").asInt(), place.path("why").asText());
        }
        return reasons;
    }

    /** What can be told from who leads and who should: Kafka lists the preferred leader first. */
    private static String guess(TopicPartitionInfo info) {
        Node leader = info.leader();
        if (leader == null || leader.isEmpty()) {
            return "nobody serves it now";
        }
        int preferred = info.replicas().getFirst().id();
        return leader.id() == preferred
                ? "broker " + preferred + " is its preferred owner"
                : "broker " + leader.id() + " stands in for broker " + preferred;
    }

    private static Partition partition(
            String topic,
            TopicPartitionInfo info,
            Map<TopicPartition, Long> starts,
            Map<TopicPartition, Long> ends,
            Map<Integer, String> reasons) {
        var id = new TopicPartition(topic, info.partition());
        Node leader = info.leader();
        return new Partition(
                info.partition(),
                leader == null ? null : leader.id(),
                ids(info.replicas()),
                ids(info.isr()),
                starts.get(id),
                ends.get(id),
                reasons.getOrDefault(info.partition(), guess(info)));
    }

    private static List<Integer> ids(Collection<Node> nodes) {
        return nodes.stream().map(Node::id).toList();
    }

    private static Map<String, String> ownConfigs(Admin admin, String topic) throws Exception {
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        var configs = new TreeMap<String, String>();
        for (ConfigEntry entry : Objects.requireNonNull(
                        admin.describeConfigs(List.of(resource)).all().get().get(resource))
                .entries()) {
            if (entry.source() == ConfigSource.DYNAMIC_TOPIC_CONFIG) {
                configs.put(entry.name(), entry.value());
            }
        }
        return configs;
    }

    private void print(List<Described> topics) {
        if (json()) {
            printJson(topics);
            return;
        }
        for (Described topic : topics) {
            out().println("Topic " + topic.topic() + "  id " + topic.id());
            topic.configs().forEach((name, value) -> out().println("  " + name + "=" + value));
            var table = new Table("PARTITION", "LEADER", "REPLICAS", "IN SYNC", "START", "END", "WHY");
            for (Partition partition : topic.partitions()) {
                table.row(
                        partition.partition(),
                        partition.leader() == null ? "none" : partition.leader(),
                        join(partition.replicas()),
                        join(partition.inSync()),
                        partition.start(),
                        partition.end(),
                        partition.why());
            }
            table.print(out());
        }
    }

    private static String join(List<Integer> ids) {
        return String.join(",", ids.stream().map(String::valueOf).toList());
    }
}
