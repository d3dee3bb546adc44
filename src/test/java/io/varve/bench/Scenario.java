package io.varve.bench;

import java.util.Map;

/** A kind of load, and what is measured under it. */
interface Scenario {
    /** The name on the command line. */
    String name();

    /** Puts the load on a contestant with empty data, not launched yet, and says what came out. */
    Map<Figure, Double> run(Contestant contestant, Options options);
}
