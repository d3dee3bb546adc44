package io.varve.bench;

import java.nio.file.Path;
import java.util.Map;

/** A scenario of one broker. */
interface OneBrokerScenario extends Scenario {
    /** Puts the load on a broker with empty data, not launched yet, and says what came out. */
    Map<Figure, Double> run(Contestant contestant, Options options);

    @Override
    default Measured run(Side side, Path folder, Options options) {
        try (var contestant = side.one().make(folder)) {
            return Measured.of(run(contestant, options));
        }
    }
}
