package io.varve.cli;

import java.util.Comparator;
import java.util.List;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.GroupListing;
import picocli.CommandLine.Command;

@Command(name = "list", mixinStandardHelpOptions = true, description = "List groups with their type and state.")
final class GroupList extends ClientCommand {

    /** A line of the list. */
    record Listed(String group, String type, String protocol, String state) {}

    @Override
    public Integer call() throws Exception {
        try (Admin admin = admin()) {
            List<Listed> groups = admin.listGroups().all().get().stream()
                    .map(GroupList::listed)
                    .sorted(Comparator.comparing(Listed::group))
                    .toList();
            if (json()) {
                printJson(groups);
            } else {
                var table = new Table("GROUP", "TYPE", "PROTOCOL", "STATE");
                groups.forEach(group -> table.row(group.group(), group.type(), group.protocol(), group.state()));
                table.print(out());
            }
        }
        return ExitCode.DONE;
    }

    private static Listed listed(GroupListing group) {
        return new Listed(
                group.groupId(),
                group.type().map(Object::toString).orElse(""),
                group.protocol(),
                group.groupState().map(Object::toString).orElse(""));
    }
}
