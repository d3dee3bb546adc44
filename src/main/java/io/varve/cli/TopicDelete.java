package io.varve.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "delete",
        mixinStandardHelpOptions = true,
        description = {
            "Delete topics with everything in them.",
            "Consumers see them gone at once; objects in the store are removed later, by the sweeper."
        })
final class TopicDelete extends ClientCommand {

    @Parameters(arity = "1..*", paramLabel = "TOPIC", description = "One or more topics.")
    List<String> names = List.of();

    @Option(names = "--if-exists", description = "No error when there is none.")
    boolean ifExists;

    @Override
    public Integer call() throws Exception {
        var deleted = new ArrayList<String>();
        boolean failed = false;
        try (Admin admin = admin()) {
            Map<String, KafkaFuture<Void>> results = admin.deleteTopics(names).topicNameValues();
            for (String name : names) {
                try {
                    Objects.requireNonNull(results.get(name)).get();
                    deleted.add(name);
                } catch (ExecutionException e) {
                    Throwable cause = Failures.cause(e);
                    boolean gone = ifExists && cause instanceof UnknownTopicOrPartitionException;
                    failed |= !gone;
                    err().println(
                                    (gone
                                            ? "There is no topic " + name
                                            : "varve: " + name + ": " + Failures.words(cause)));
                }
            }
        }
        if (json()) {
            printJson(Map.of("deleted", deleted));
        } else {
            deleted.forEach(name -> out().println("Deleted topic " + name + "."));
        }
        return failed ? ExitCode.FAILED : ExitCode.DONE;
    }
}
