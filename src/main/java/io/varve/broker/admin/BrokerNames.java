package io.varve.broker.admin;

import org.apache.kafka.common.errors.InvalidRequestException;

/** Brokers as config resources name them: by their id in decimal. */
final class BrokerNames {
    private BrokerNames() {}

    /**
     * The id that {@code name} stands for.
     *
     * @param what what Kafka calls it in this place: Broker or Node
     * @throws InvalidRequestException when it is no number
     */
    static int parse(String what, String name) {
        try {
            return Integer.parseInt(name);
        } catch (NumberFormatException e) {
            throw new InvalidRequestException(what + " id must be an integer, but it is: " + name);
        }
    }
}
