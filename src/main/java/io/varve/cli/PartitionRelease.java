package io.varve.cli;

import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.TopicPartition;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "release",
        mixinStandardHelpOptions = true,
        description =
                "Let the placer move a partition again that was moved by hand. It stays where it is until there is a reason.")
final class PartitionRelease extends ClientCommand {

    @Parameters(index = "0", paramLabel = "TOPIC", description = "The topic.")
    String topic = "";

    @Parameters(index = "1", paramLabel = "PARTITION", description = "The partition's number.")
    int partition;

    @Override
    public Integer call() throws Exception {
        try (Admin admin = admin()) {
            // What cancels a reassignment at Kafka: here none is ever to be cancelled, what stays of it is that it was
            // made by hand.
            admin.alterPartitionReassignments(Map.of(new TopicPartition(topic, partition), Optional.empty()))
                    .all()
                    .get();
        }
        if (json()) {
            printJson(Map.of("topic", topic, "partition", partition));
        } else {
            out().println("The placer may move " + topic + "-" + partition + " again.");
        }
        return ExitCode.DONE;
    }
}
