package io.varve.cli;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConfigEntry.ConfigSource;
import org.apache.kafka.common.config.ConfigResource;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "config",
        mixinStandardHelpOptions = true,
        description = "Show or change a topic's settings.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  varve topic config orders                       what was set for this topic",
            "  varve topic config orders --all                 every setting with its default",
            "  varve topic config orders --set retention.ms=86400000 --set segment.ms=600000",
            "  varve topic config orders --delete retention.ms  back to the default"
        })
final class TopicConfig extends ClientCommand {

    @Parameters(paramLabel = "TOPIC", description = "The topic.")
    String name = "";

    @Option(names = "--all", description = "Also show what is a default.")
    boolean all;

    @Option(names = "--set", paramLabel = "NAME=VALUE", description = "Set it. May be repeated.")
    Map<String, String> set = new LinkedHashMap<>();

    @Option(names = "--delete", paramLabel = "NAME", description = "Go back to the default. May be repeated.")
    List<String> delete = new ArrayList<>();

    /** A setting and where its value comes from. */
    record Shown(String name, @Nullable String value, String source) {}

    @Override
    public Integer call() throws Exception {
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, name);
        try (Admin admin = admin()) {
            if (!set.isEmpty() || !delete.isEmpty()) {
                admin.incrementalAlterConfigs(Map.of(resource, changes())).all().get();
            }
            print(Objects.requireNonNull(
                            admin.describeConfigs(List.of(resource)).all().get().get(resource))
                    .entries());
        }
        return ExitCode.DONE;
    }

    private Collection<AlterConfigOp> changes() {
        var changes = new ArrayList<AlterConfigOp>();
        set.forEach((key, value) -> changes.add(new AlterConfigOp(new ConfigEntry(key, value), OpType.SET)));
        delete.forEach(key -> changes.add(new AlterConfigOp(new ConfigEntry(key, null), OpType.DELETE)));
        return changes;
    }

    private void print(Collection<ConfigEntry> entries) {
        List<Shown> shown = entries.stream()
                .filter(entry -> all || entry.source() == ConfigSource.DYNAMIC_TOPIC_CONFIG)
                .sorted(Comparator.comparing(ConfigEntry::name))
                .map(entry -> new Shown(entry.name(), entry.value(), source(entry.source())))
                .toList();
        if (json()) {
            printJson(shown);
        } else if (shown.isEmpty()) {
            err().println("Topic " + name + " has no settings of its own; --all shows the defaults.");
        } else {
            var table = new Table("NAME", "VALUE", "FROM");
            shown.forEach(entry -> table.row(entry.name(), entry.value(), entry.source()));
            table.print(out());
        }
    }

    private static String source(ConfigSource source) {
        return switch (source) {
            case DYNAMIC_TOPIC_CONFIG -> "topic";
            case DYNAMIC_BROKER_CONFIG, DYNAMIC_DEFAULT_BROKER_CONFIG, STATIC_BROKER_CONFIG -> "broker";
            case DEFAULT_CONFIG -> "default";
            default -> source.name().toLowerCase(Locale.ROOT);
        };
    }
}
