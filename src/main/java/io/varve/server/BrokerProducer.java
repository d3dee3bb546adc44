package io.varve.server;

import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** Which broker this build starts. */
@Singleton
final class BrokerProducer {

    @Produces
    @Singleton
    BrokerFactory brokerFactory() {
        return AssembledBroker::new;
    }
}
