package io.varve.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.admin.Admin;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** A command that talks to a cluster as a Kafka client. */
abstract class ClientCommand implements Callable<Integer> {

    /** How results are written. */
    enum Output {
        text,
        json
    }

    @Mixin
    ClientOptions client = new ClientOptions();

    @Option(
            names = {"-o", "--output"},
            defaultValue = "text",
            paramLabel = "FORMAT",
            description = "text for people, json for scripts (default: ${DEFAULT-VALUE}).")
    Output output = Output.text;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    CommandSpec spec;

    final PrintWriter out() {
        return spec.commandLine().getOut();
    }

    final PrintWriter err() {
        return spec.commandLine().getErr();
    }

    final boolean json() {
        return output == Output.json;
    }

    /** Writes {@code value} as one JSON document. */
    final void printJson(Object value) {
        out().println(Json.pretty(value));
    }

    /** An admin client; the caller closes it. */
    final Admin admin() {
        return client.admin();
    }
}
