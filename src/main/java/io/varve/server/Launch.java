package io.varve.server;

import io.varve.config.ConfigLoader.Mode;
import io.varve.config.VarveConfig;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * What the command line hands over to the container: the configuration was loaded and checked before Quarkus starts, so that a
 * mistake in it is answered at once and in words.
 *
 * @param mode which command it was
 * @param config checked
 */
public record Launch(Mode mode, VarveConfig config) {

    private static final AtomicReference<Launch> CURRENT = new AtomicReference<>();

    /** Called before Quarkus runs. */
    public static void set(Launch launch) {
        CURRENT.set(launch);
    }

    /** Empty when the container was not started by a Varve command, as in tests of HTTP alone. */
    public static Optional<Launch> current() {
        return Optional.ofNullable(CURRENT.get());
    }
}
