package io.varve.cli;

import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "delete",
        mixinStandardHelpOptions = true,
        description = "Delete groups with their committed offsets. A group with members is refused: stop them first.")
final class GroupDelete extends ClientCommand {

    @Parameters(arity = "1..*", paramLabel = "GROUP", description = "One or more groups.")
    List<String> groups = List.of();

    @Override
    public Integer call() throws Exception {
        try (Admin admin = admin()) {
            admin.deleteConsumerGroups(groups).all().get();
        }
        if (json()) {
            printJson(Map.of("deleted", groups));
        } else {
            groups.forEach(group -> out().println("Deleted group " + group + "."));
        }
        return ExitCode.DONE;
    }
}
