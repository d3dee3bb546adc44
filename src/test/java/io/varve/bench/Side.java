package io.varve.bench;

/**
 * One of the two that are compared.
 *
 * @param title its name in what is printed
 * @param one makes its single broker
 * @param three makes its three brokers
 */
record Side(String title, Contestant.Maker one, Trio.Maker three) {
    static final Side KAFKA = new Side("Kafka", Contestant::kafka, Trio::kafka);
    static final Side VARVE = new Side("Varve", Contestant::varve, Trio::varve);

    /** Apache Kafka in Varve's place, to see what noise does. */
    static final Side KAFKA_AGAIN = new Side("Varve", Contestant::kafka, Trio::kafka);
}
