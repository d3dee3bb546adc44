package io.varve.server;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;

/** Which broker this build starts. */
@ApplicationScoped
final class BrokerProducer {

    @Produces
    @ApplicationScoped
    BrokerFactory brokerFactory() {
        return (mode, config, meters) -> new UnassembledBroker();
    }
}
