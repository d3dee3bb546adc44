package io.varve.cli;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.PartitionReassignment;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "move",
        mixinStandardHelpOptions = true,
        description = {
            "Assign a partition to other brokers, and wait until it is there.",
            "No data is copied: the next records go to the new brokers. The placer leaves the partition alone from then on, until one of these"
                    + " brokers is gone for good or 'varve partition release' is called."
        })
final class PartitionMove extends ClientCommand {
    private static final long LOOK_AGAIN_MILLIS = 200;

    @Parameters(index = "0", paramLabel = "TOPIC", description = "The topic.")
    String topic = "";

    @Parameters(index = "1", paramLabel = "PARTITION", description = "The partition's number.")
    int partition;

    @Option(
            names = "--to",
            required = true,
            split = ",",
            paramLabel = "BROKER",
            description =
                    "Ids of the brokers, comma-separated, the one that is to own it first; as many as it is to have copies.")
    List<Integer> to = List.of();

    @Option(
            names = "--wait-ms",
            defaultValue = "60000",
            paramLabel = "MS",
            description = "How long to wait until it is there (default: ${DEFAULT-VALUE}); 0 for not at all.")
    long waitMillis = 60_000;

    /**
     * What happened.
     *
     * @param from where it was, the owner first
     * @param owner who owns it now; null when nobody does
     * @param copies who has copies of what is appended now
     * @param state {@code there}, {@code owned, copies are on their way} or {@code on its way}
     */
    record Moved(
            String topic,
            int partition,
            List<Integer> from,
            List<Integer> to,
            @Nullable Integer owner,
            List<Integer> copies,
            String state,
            long millis) {

        boolean isThere() {
            return state.equals("there");
        }
    }

    @Override
    public Integer call() throws Exception {
        try (Admin admin = admin()) {
            TopicPartition moved = new TopicPartition(topic, partition);
            TopicPartitionInfo before = info(admin);
            long begun = System.nanoTime();
            admin.alterPartitionReassignments(Map.of(moved, Optional.of(new NewPartitionReassignment(to))))
                    .all()
                    .get();
            Moved result = look(admin, before, begun);
            while (!result.isThere() && result.millis() < waitMillis) {
                Thread.sleep(LOOK_AGAIN_MILLIS);
                result = look(admin, before, begun);
            }
            print(result);
            return result.isThere() || waitMillis == 0 ? ExitCode.DONE : ExitCode.FAILED;
        }
    }

    private TopicPartitionInfo info(Admin admin) throws Exception {
        TopicDescription described = Topics.describe(admin, List.of(topic)).get(topic);
        if (described == null) {
            throw CliException.failed("there is no topic " + topic);
        }
        return described.partitions().stream()
                .filter(each -> each.partition() == partition)
                .findFirst()
                .orElseThrow(() -> CliException.failed("topic " + topic + " has the partitions 0 to "
                        + (described.partitions().size() - 1)));
    }

    private Moved look(Admin admin, TopicPartitionInfo before, long begun) throws Exception {
        TopicPartitionInfo now = info(admin);
        Map<TopicPartition, PartitionReassignment> ongoing =
                admin.listPartitionReassignments().reassignments().get();
        Node leader = now.leader();
        Integer owner = leader == null || leader.isEmpty() ? null : leader.id();
        List<Integer> copies = ids(now.isr());
        boolean isOwned = to.getFirst().equals(owner) && !ongoing.containsKey(new TopicPartition(topic, partition));
        String state = !isOwned ? "on its way" : copies.containsAll(to) ? "there" : "owned, copies are on their way";
        return new Moved(
                topic,
                partition,
                ids(before.replicas()),
                to,
                owner,
                copies,
                state,
                Duration.ofNanos(System.nanoTime() - begun).toMillis());
    }

    private static List<Integer> ids(List<Node> nodes) {
        return nodes.stream().map(Node::id).toList();
    }

    private void print(Moved moved) {
        if (json()) {
            printJson(moved);
            return;
        }
        String name = moved.topic() + "-" + moved.partition();
        out().println(
                        moved.isThere()
                                ? "Moved " + name + " from " + join(moved.from()) + " to " + join(moved.to()) + " in "
                                        + moved.millis() + " ms."
                                : name + " is assigned to " + join(moved.to()) + " and not there yet (" + moved.state()
                                        + "): broker " + (moved.owner() == null ? "none" : moved.owner())
                                        + " owns it, copies are on " + join(moved.copies())
                                        + ". It goes on by itself; 'varve topic describe " + moved.topic()
                                        + "' says how it is.");
    }

    private static String join(List<Integer> ids) {
        return String.join(",", ids.stream().map(String::valueOf).toList());
    }
}
