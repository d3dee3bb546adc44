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
 * @param stores being opened
 * @param rehearsal whether this run is there to make the AOT cache
 */
public record Launch(Mode mode, VarveConfig config, Stores stores, boolean rehearsal) {

    private static final AtomicReference<Launch> CURRENT = new AtomicReference<>();

    /** Called before Quarkus runs; begins to open what the broker stands on meanwhile. */
    public static void prepare(Mode mode, VarveConfig config, boolean rehearsal) {
        CURRENT.set(new Launch(mode, config, Stores.open(mode, config), rehearsal));
    }

    /** Empty when the container was not started by a Varve command, as in tests of HTTP alone. */
    public static Optional<Launch> current() {
        return Optional.ofNullable(CURRENT.get());
    }
}
