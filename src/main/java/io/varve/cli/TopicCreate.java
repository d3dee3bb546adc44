package io.varve.cli;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.CreateTopicsResult;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.errors.TopicExistsException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "create",
        mixinStandardHelpOptions = true,
        description = "Create a topic.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  varve topic create orders --partitions 12",
            "  varve topic create clicks -c retention.ms=604800000 -c segment.bytes=67108864"
        })
final class TopicCreate extends ClientCommand {

    @Parameters(paramLabel = "TOPIC", description = "Its name: letters, digits, dot, underscore and dash.")
    String name = "";

    @Option(
            names = {"-p", "--partitions"},
            paramLabel = "N",
            description = "How many partitions (default: the broker's num.partitions).")
    @Nullable
    Integer partitions;

    @Option(
            names = {"-r", "--replication-factor"},
            paramLabel = "N",
            description = "How many brokers hold the open segment (default: the broker's default.replication.factor).")
    @Nullable
    Short replicationFactor;

    @Option(
            names = {"-c", "--config"},
            paramLabel = "NAME=VALUE",
            description = "A topic setting by Kafka's name. May be repeated.")
    Map<String, String> configs = new HashMap<>();

    @Option(names = "--if-not-exists", description = "Do nothing when there is one of this name.")
    boolean ifNotExists;

    @Option(names = "--dry-run", description = "Check only whether it could be created.")
    boolean dryRun;

    /** What was made. */
    record Created(String topic, String id, int partitions, int replicationFactor, boolean created) {}

    @Override
    public Integer call() throws Exception {
        try (Admin admin = admin()) {
            var topic = new NewTopic(name, Optional.ofNullable(partitions), Optional.ofNullable(replicationFactor))
                    .configs(configs);
            CreateTopicsResult result =
                    admin.createTopics(List.of(topic), new CreateTopicsOptions().validateOnly(dryRun));
            result.all().get();
            report(new Created(
                    name,
                    result.topicId(name).get().toString(),
                    result.numPartitions(name).get(),
                    result.replicationFactor(name).get(),
                    !dryRun));
        } catch (ExecutionException e) {
            if (!ifNotExists || !(Failures.cause(e) instanceof TopicExistsException)) {
                throw e;
            }
            err().println("Topic " + name + " is there already.");
        }
        return ExitCode.DONE;
    }

    private void report(Created created) {
        if (json()) {
            printJson(created);
        } else {
            out().println("%s topic %s with %d partition%s, replication factor %d."
                    .formatted(
                            created.created() ? "Created" : "Could create",
                            created.topic(),
                            created.partitions(),
                            created.partitions() == 1 ? "" : "s",
                            created.replicationFactor()));
        }
    }
}
