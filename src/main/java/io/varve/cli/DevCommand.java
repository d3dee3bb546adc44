package io.varve.cli;

import io.varve.config.ConfigLoader.Mode;
import io.varve.config.ConfigSources;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "dev",
        mixinStandardHelpOptions = true,
        description = {
            "Run a whole cluster in one process, for trying it out and for tests of applications.",
            "",
            "Metadata and objects are kept in the data directory; nothing else has to be installed. It listens on this machine only.",
            "Every varve.* setting works here too, as a system property, environment variable or in --config FILE."
        },
        footerHeading = "%nExamples:%n",
        footer = {"  varve dev", "  varve dev --port 19092 --http-port 18080 --data /tmp/try-varve"})
final class DevCommand implements Callable<Integer> {

    @Option(names = "--port", paramLabel = "PORT", description = "Port for Kafka clients (default: 9092).")
    @Nullable
    Integer port;

    @Option(
            names = "--http-port",
            paramLabel = "PORT",
            description = "Port for HTTP: REST, health, metrics (default: 8080).")
    @Nullable
    Integer httpPort;

    @Option(names = "--data", paramLabel = "DIR", description = "Where everything is kept (default: ./varve-data).")
    @Nullable
    Path data;

    @Option(names = "--config", paramLabel = "FILE", description = "A .properties file with varve.* settings.")
    @Nullable
    Path config;

    @Option(names = "--rehearse", hidden = true, description = "For the launcher, when it makes the AOT cache.")
    boolean rehearse;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    CommandSpec spec;

    @Override
    public Integer call() {
        var flags = new HashMap<String, String>();
        if (port != null) {
            flags.put("varve.kafka.listen", "localhost:" + port);
        }
        if (httpPort != null) {
            flags.put("varve.http.port", httpPort.toString());
        }
        if (data != null) {
            flags.put("varve.data.dir", data.toString());
        }
        return Container.run(spec.commandLine(), Mode.DEV, ConfigSources.ofProcess(config, flags, Map.of()), rehearse);
    }
}
