package io.varve.bench;

import java.nio.file.Path;

/** A scenario of three brokers, whose topics have three copies and {@code min.insync.replicas=2}. */
interface ThreeBrokersScenario extends Scenario {
    /** Puts the load on three brokers that serve and have nothing yet, and says what came out. */
    Measured run(Trio trio, Options options);

    @Override
    default Measured run(Side side, Path folder, Options options) {
        try (var trio = side.three().make(folder)) {
            trio.launch();
            trio.awaitAll();
            return run(trio, options);
        }
    }
}
