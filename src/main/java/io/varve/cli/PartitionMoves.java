package io.varve.cli;

import java.util.Comparator;
import java.util.List;
import org.apache.kafka.clients.admin.Admin;
import picocli.CommandLine.Command;

@Command(
        name = "list-moves",
        mixinStandardHelpOptions = true,
        description = "List partitions that are on their way to other brokers, whoever moved them.")
final class PartitionMoves extends ClientCommand {

    /**
     * A partition on its way.
     *
     * @param brokers those that have it or are to have it
     * @param adding those that do not have it yet
     * @param removing those that give it up
     */
    record Moving(String topic, int partition, List<Integer> brokers, List<Integer> adding, List<Integer> removing) {}

    static List<Moving> list(Admin admin) throws Exception {
        return admin.listPartitionReassignments().reassignments().get().entrySet().stream()
                .map(entry -> new Moving(
                        entry.getKey().topic(),
                        entry.getKey().partition(),
                        entry.getValue().replicas(),
                        entry.getValue().addingReplicas(),
                        entry.getValue().removingReplicas()))
                .sorted(Comparator.comparing(Moving::topic).thenComparingInt(Moving::partition))
                .toList();
    }

    @Override
    public Integer call() throws Exception {
        List<Moving> moving;
        try (Admin admin = admin()) {
            moving = list(admin);
        }
        if (json()) {
            printJson(moving);
        } else if (moving.isEmpty()) {
            out().println("No partition is on its way to other brokers.");
        } else {
            var table = new Table("TOPIC", "PARTITION", "BROKERS", "ADDING", "REMOVING");
            moving.forEach(each -> table.row(
                    each.topic(), each.partition(), join(each.brokers()), join(each.adding()), join(each.removing())));
            table.print(out());
        }
        return ExitCode.DONE;
    }

    private static String join(List<Integer> ids) {
        return String.join(",", ids.stream().map(String::valueOf).toList());
    }
}
