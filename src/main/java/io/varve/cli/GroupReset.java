package io.varve.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.errors.UnknownMemberIdException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "reset",
        mixinStandardHelpOptions = true,
        description = {
            "Change where a group goes on reading. Shows what would change; --execute changes it.",
            "The group must have no members. An offset outside of the log becomes the nearest one there is."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  varve group reset billing --topic orders --to-earliest",
            "  varve group reset billing --topic orders:0,1 --to-datetime 2026-01-31T12:00:00Z --execute",
            "  varve group reset billing --all-topics --shift-by -100 --execute"
        })
final class GroupReset extends ClientCommand {

    @Parameters(paramLabel = "GROUP", description = "The group.")
    String group = "";

    @ArgGroup(multiplicity = "1", heading = "Which partitions:%n")
    Scope scope = new Scope();

    @ArgGroup(multiplicity = "1", heading = "Where to:%n")
    To to = new To();

    @Option(names = "--execute", description = "Do it. Without this nothing is changed.")
    boolean execute;

    /** Which partitions. */
    static final class Scope {
        @Option(
                names = "--topic",
                paramLabel = "TOPIC[:P,...]",
                description = "A topic, or some of its partitions. May be repeated.")
        @Nullable
        List<String> topics;

        @Option(names = "--all-topics", description = "Every partition the group has committed an offset for.")
        boolean all;
    }

    /** Where to. */
    static final class To {
        @Option(names = "--to-earliest", description = "The first record there is.")
        boolean earliest;

        @Option(names = "--to-latest", description = "After the last record there is.")
        boolean latest;

        @Option(names = "--to-offset", paramLabel = "N", description = "This offset.")
        @Nullable
        Long offset;

        @Option(
                names = "--to-datetime",
                paramLabel = "TIME",
                description = "The first record of this time (ISO 8601, UTC without an offset) or later.")
        @Nullable
        String datetime;

        @Option(
                names = "--shift-by",
                paramLabel = "N",
                description = "N records on from the committed offset; back when negative.")
        @Nullable
        Long shift;

        ResetTarget target() {
            if (offset != null) {
                return new ResetTarget.Offset(offset);
            }
            if (datetime != null) {
                return new ResetTarget.Time(ResetTarget.millis(datetime));
            }
            if (shift != null) {
                return new ResetTarget.Shift(shift);
            }
            return earliest ? new ResetTarget.Earliest() : new ResetTarget.Latest();
        }
    }

    /** A partition's change; {@code from} is null where nothing was committed. */
    record Change(String topic, int partition, @Nullable Long from, long to) {}

    @Override
    public Integer call() throws Exception {
        ResetTarget target = to.target();
        try (Admin admin = admin()) {
            Map<TopicPartition, OffsetAndMetadata> committed = admin.listConsumerGroupOffsets(group)
                    .partitionsToOffsetAndMetadata()
                    .get();
            List<Change> changes = changes(admin, target, committed);
            if (execute) {
                alter(admin, changes);
            }
            print(changes);
        }
        return ExitCode.DONE;
    }

    private void alter(Admin admin, List<Change> changes) throws Exception {
        try {
            admin.alterConsumerGroupOffsets(group, offsets(changes)).all().get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownMemberIdException || e.getCause() instanceof GroupNotEmptyException) {
                throw CliException.failed(
                        "group " + group + " has members: stop them first ('varve group describe " + group + "').");
            }
            throw e;
        }
    }

    private List<Change> changes(Admin admin, ResetTarget target, Map<TopicPartition, OffsetAndMetadata> committed)
            throws Exception {
        Set<TopicPartition> partitions = partitions(admin, committed);
        Map<TopicPartition, Long> starts = Offsets.list(admin, partitions, OffsetSpec.earliest());
        Map<TopicPartition, Long> ends = Offsets.list(admin, partitions, OffsetSpec.latest());
        Map<TopicPartition, Long> times = target instanceof ResetTarget.Time(long millis)
                ? Offsets.list(admin, partitions, OffsetSpec.forTimestamp(millis))
                : Map.of();
        var changes = new ArrayList<Change>();
        for (TopicPartition partition : partitions) {
            OffsetAndMetadata at = committed.get(partition);
            long start = starts.getOrDefault(partition, 0L);
            var known = new ResetTarget.Known(
                    start,
                    ends.getOrDefault(partition, start),
                    at == null ? start : at.offset(),
                    times.getOrDefault(partition, -1L));
            changes.add(new Change(
                    partition.topic(), partition.partition(), at == null ? null : at.offset(), target.offset(known)));
        }
        return changes;
    }

    private Set<TopicPartition> partitions(Admin admin, Map<TopicPartition, OffsetAndMetadata> committed)
            throws Exception {
        var partitions =
                new TreeSet<>(Comparator.comparing(TopicPartition::topic).thenComparingInt(TopicPartition::partition));
        List<String> topics = scope.topics;
        if (topics == null) {
            partitions.addAll(committed.keySet());
        } else {
            for (String topic : topics) {
                partitions.addAll(named(admin, TopicPartitions.parse(topic)));
            }
        }
        if (partitions.isEmpty()) {
            throw CliException.failed("group " + group + " has committed no offsets: name the topics with --topic.");
        }
        return partitions;
    }

    private static List<TopicPartition> named(Admin admin, TopicPartitions asked) throws Exception {
        TopicDescription topic = Objects.requireNonNull(
                Topics.describe(admin, List.of(asked.topic())).get(asked.topic()));
        List<Integer> known =
                topic.partitions().stream().map(TopicPartitionInfo::partition).toList();
        List<Integer> partitions = asked.partitions().isEmpty() ? known : asked.partitions();
        // The admin client asks for one that there is not again and again until its time is over.
        if (!known.containsAll(partitions)) {
            throw Topics.noPartition(asked.topic(), known.size());
        }
        return partitions.stream()
                .map(partition -> new TopicPartition(asked.topic(), partition))
                .toList();
    }

    private static Map<TopicPartition, OffsetAndMetadata> offsets(List<Change> changes) {
        var offsets = new HashMap<TopicPartition, OffsetAndMetadata>();
        changes.forEach(change -> offsets.put(
                new TopicPartition(change.topic(), change.partition()), new OffsetAndMetadata(change.to())));
        return offsets;
    }

    private void print(List<Change> changes) {
        if (json()) {
            printJson(Map.of("group", group, "executed", execute, "changes", changes));
            return;
        }
        var table = new Table("TOPIC", "PARTITION", "FROM", "TO");
        changes.forEach(change -> table.row(change.topic(), change.partition(), change.from(), change.to()));
        table.print(out());
        if (!execute) {
            err().println("Nothing was changed: add --execute to do it.");
        }
    }
}
