package io.varve.testkit;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Kafka clients of other languages, as {@code tools/test-clients.sh} installed them. Each of these throws an
 * {@link AssertionError} that says what to run when a client is not there.
 */
public final class OtherClients {
    private OtherClients() {}

    /** {@code kcat}. */
    public static Command kcat(String... arguments) {
        return Command.of(ServerBinaries.find("kcat")).with(arguments);
    }

    /** A script of {@code src/test/resources/clients} on Node.js, where {@code kafkajs} can be required. */
    public static Command node(String script, String... arguments) {
        return Command.of("node", script(script))
                .environment("NODE_PATH", nodeModules().toString())
                .environment("KAFKAJS_NO_PARTITIONER_WARNING", "1")
                .with(arguments);
    }

    /** A script of {@code src/test/resources/clients} on a Python that has {@code confluent_kafka}. */
    public static Command python(String script, String... arguments) {
        return Command.of(pythonCommand(script)).with(arguments);
    }

    /** The words that run a script of {@code src/test/resources/clients} on that Python, to be started by the caller. */
    public static List<String> pythonCommand(String script) {
        return List.of(installed("python/bin/python3").toString(), script(script));
    }

    /** The folder of the data files of the npm package {@code vega-datasets}. */
    public static Path vegaData() {
        return installed("node/node_modules/vega-datasets/data");
    }

    private static Path nodeModules() {
        return installed("node/node_modules/kafkajs").getParent();
    }

    private static Path installed(String path) {
        Path found = Folders.cache().resolve(path);
        if (!Files.exists(found)) {
            throw new AssertionError(found + " is missing: run tools/test-clients.sh");
        }
        return found;
    }

    private static String script(String name) {
        return Folders.project()
                .resolve("src/test/resources/clients")
                .resolve(name)
                .toString();
    }
}
