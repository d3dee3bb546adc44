package io.varve.cli;

import io.quarkus.runtime.Quarkus;
import io.varve.config.ConfigException;
import io.varve.config.ConfigLoader;
import io.varve.config.ConfigLoader.Mode;
import io.varve.config.ConfigSources;
import io.varve.config.VarveConfig;
import io.varve.server.Launch;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** Checks the configuration, then starts the container and stays in it until the process is told to stop. */
final class Container {
    private Container() {}

    /**
     * @param rehearsal see {@link Launch}
     * @return the exit code
     */
    static int run(CommandLine command, Mode mode, ConfigSources sources, boolean rehearsal) {
        VarveConfig config;
        try {
            config = ConfigLoader.load(mode, sources);
        } catch (ConfigException e) {
            PrintWriter err = command.getErr();
            e.problems().forEach(problem -> err.println("varve: " + problem));
            err.println("docs/configuration.md lists every setting.");
            return ExitCode.USAGE;
        }
        FreePorts.require(config);
        prepare(config, sources.file());
        Launch.prepare(mode, config, rehearsal);
        var exitCode = new AtomicInteger();
        Quarkus.run(null, (code, failure) -> exitCode.set(failure == null ? code : ExitCode.FAILED));
        return exitCode.get();
    }

    // The container has a configuration of its own, which it reads when it starts.
    private static void prepare(VarveConfig config, @Nullable Path file) {
        System.setProperty("quarkus.http.host", config.http().host());
        System.setProperty("quarkus.http.port", Integer.toString(config.http().port()));
        if (file != null) {
            System.setProperty("quarkus.config.locations", file.toUri().toString());
        }
    }
}
