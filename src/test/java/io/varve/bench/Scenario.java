package io.varve.bench;

import java.nio.file.Path;

/** A kind of load, and what is measured under it. */
interface Scenario {
    /** The name on the command line. */
    String name();

    /** One turn: starts what a side has, on empty data in this folder, puts the load on it, and says what came out. */
    Measured run(Side side, Path folder, Options options);

    /** True when Kafka has nothing that could be measured in the same way: then only Varve takes a turn. */
    default boolean isOfVarveAlone() {
        return false;
    }
}
