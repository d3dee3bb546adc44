package io.varve.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "describe",
        mixinStandardHelpOptions = true,
        description = "Show a group's state, its members, and how far it is behind in each partition.")
final class GroupDescribe extends ClientCommand {

    @Parameters(paramLabel = "GROUP", description = "The group.")
    String group = "";

    /** A group as of now. */
    record Described(
            String group,
            String type,
            String state,
            int coordinator,
            List<Member> members,
            List<Position> partitions) {}

    /** A member of the group. */
    record Member(String id, String clientId, String host, int partitions) {}

    /** How far the group is: offsets and the distance to the end, null where there is nothing to tell. */
    record Position(
            String topic,
            int partition,
            @Nullable Long committed,
            @Nullable Long end,
            @Nullable Long lag,
            @Nullable String member) {}

    @Override
    public Integer call() throws Exception {
        try (Admin admin = admin()) {
            ConsumerGroupDescription found = Objects.requireNonNull(
                    admin.describeConsumerGroups(List.of(group)).all().get().get(group));
            print(new Described(
                    group,
                    found.type().toString(),
                    found.groupState().toString(),
                    found.coordinator().id(),
                    found.members().stream().map(GroupDescribe::member).toList(),
                    positions(admin, found)));
        }
        return ExitCode.DONE;
    }

    private static Member member(MemberDescription member) {
        return new Member(
                member.consumerId(),
                member.clientId(),
                member.host(),
                member.assignment().topicPartitions().size());
    }

    private List<Position> positions(Admin admin, ConsumerGroupDescription found) throws Exception {
        Map<TopicPartition, OffsetAndMetadata> committed = admin.listConsumerGroupOffsets(group)
                .partitionsToOffsetAndMetadata()
                .get();
        var readers = new HashMap<TopicPartition, String>();
        for (MemberDescription member : found.members()) {
            member.assignment().topicPartitions().forEach(partition -> readers.put(partition, member.consumerId()));
        }
        var partitions =
                new TreeSet<>(Comparator.comparing(TopicPartition::topic).thenComparingInt(TopicPartition::partition));
        partitions.addAll(committed.keySet());
        partitions.addAll(readers.keySet());
        Map<TopicPartition, Long> ends = Offsets.list(admin, partitions, OffsetSpec.latest());

        var positions = new ArrayList<Position>();
        for (TopicPartition partition : partitions) {
            OffsetAndMetadata at = committed.get(partition);
            Long end = ends.get(partition);
            positions.add(new Position(
                    partition.topic(),
                    partition.partition(),
                    at == null ? null : at.offset(),
                    end,
                    at == null || end == null ? null : Math.max(0, end - at.offset()),
                    readers.get(partition)));
        }
        return positions;
    }

    private void print(Described described) {
        if (json()) {
            printJson(described);
            return;
        }
        out().println("Group %s  type %s  state %s  coordinator %d  members %d"
                .formatted(
                        described.group(),
                        described.type(),
                        described.state(),
                        described.coordinator(),
                        described.members().size()));
        if (!described.partitions().isEmpty()) {
            var table = new Table("TOPIC", "PARTITION", "COMMITTED", "END", "LAG", "MEMBER");
            described
                    .partitions()
                    .forEach(at ->
                            table.row(at.topic(), at.partition(), at.committed(), at.end(), at.lag(), at.member()));
            table.print(out());
        }
    }
}
