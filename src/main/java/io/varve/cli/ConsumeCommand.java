package io.varve.cli;

import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "consume",
        mixinStandardHelpOptions = true,
        description = {
            "Read records of a topic and write them to standard output.",
            "It stops at the end the topic had when it started; --follow goes on. Order holds within a partition."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  varve consume orders                             everything there is",
            "  varve consume orders --from end --follow         what comes from now on",
            "  varve consume orders --from 2026-01-31T12:00:00Z --max-messages 10",
            "  varve consume orders --partition 2 --from 4711   from an offset",
            "  varve consume orders --group billing --follow    as a member of a group, committing what was written",
            "  varve consume orders --format '%%p %%o %%k = %%v\\n'",
            "  varve consume orders --output json               one JSON object a line"
        })
final class ConsumeCommand extends ClientCommand {

    @Parameters(paramLabel = "TOPIC", description = "The topic.")
    String topic = "";

    @Option(
            names = {"-f", "--from"},
            paramLabel = "WHERE",
            description =
                    "beginning, end, an offset, or a time (ISO 8601 or @milliseconds). Default: beginning; in a group: what the group has committed, else beginning.")
    @Nullable
    String from;

    @Option(
            names = {"-p", "--partition"},
            paramLabel = "N",
            split = ",",
            description = "Only these partitions.")
    List<Integer> partitions = List.of();

    @Option(
            names = {"-g", "--group"},
            paramLabel = "GROUP",
            description = "Read as a member of this group and commit what was written.")
    @Nullable
    String group;

    @Option(names = "--follow", description = "Wait for more at the end.")
    boolean follow;

    @Option(
            names = {"-n", "--max-messages"},
            paramLabel = "N",
            defaultValue = "9223372036854775807",
            showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER,
            description = "Stop after so many.")
    long maxMessages = Long.MAX_VALUE;

    @Option(names = "--timeout-ms", paramLabel = "MS", description = "Stop when nothing came for so long.")
    @Nullable
    Long timeoutMillis;

    @Option(
            names = "--format",
            paramLabel = "PATTERN",
            defaultValue = "%v\\n",
            description =
                    "%%t topic, %%p partition, %%o offset, %%T timestamp, %%k key, %%v value, %%h headers, \\n, \\t (default: the value and a line's end).")
    String format = "%v\\n";

    @Option(
            names = "--null-marker",
            paramLabel = "TEXT",
            defaultValue = "",
            description = "Shown for a null key or value (default: nothing).")
    String nullMarker = "";

    @Option(
            names = "--isolation",
            paramLabel = "LEVEL",
            defaultValue = "read_uncommitted",
            description = "read_uncommitted or read_committed (default: ${DEFAULT-VALUE}).")
    String isolation = "read_uncommitted";

    @Option(
            names = "--consumer-config",
            paramLabel = "NAME=VALUE",
            description = "A setting of Kafka's consumer. May be repeated.")
    Map<String, String> consumerConfig = new LinkedHashMap<>();

    @Override
    public Integer call() {
        if (group != null && (from != null || !partitions.isEmpty())) {
            throw CliException.usage(
                    "--group goes on where the group is: leave --from and --partition out, or use 'varve group reset'.");
        }
        RecordFormat shown = json() ? RecordFormat.json() : RecordFormat.pattern(format, nullMarker);
        var limits = new Reading.Limits(follow, maxMessages, timeoutMillis == null ? Long.MAX_VALUE : timeoutMillis);
        var deserializer = new ByteArrayDeserializer();
        PrintStream records = System.out;
        try (var consumer =
                new KafkaConsumer<>(client.properties(settings(), consumerConfig), deserializer, deserializer)) {
            var reading = new Reading(
                    consumer, message -> records.writeBytes(shown.show(message)), () -> flush(records), limits);
            long count = group == null
                    ? reading.partitions(topic, partitions, StartPosition.parse(from == null ? "beginning" : from))
                    : reading.group(topic);
            if (!json()) {
                err().println("%d record%s read from %s.".formatted(count, count == 1 ? "" : "s", topic));
            }
        }
        return ExitCode.DONE;
    }

    /** What could not be written must not be committed: the stream keeps its failures to itself unless it is asked. */
    private static void flush(PrintStream records) {
        if (records.checkError()) {
            throw CliException.failed(
                    "cannot write to standard output (closed, or its disk is full): stopped. In a group nothing is "
                            + "committed of what was read last.");
        }
    }

    private Map<String, String> settings() {
        var settings = new LinkedHashMap<String, String>();
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, isolation);
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
        if (group != null) {
            settings.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        }
        return settings;
    }
}
