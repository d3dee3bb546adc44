package io.varve.server;

import io.micrometer.core.instrument.MeterRegistry;

/** Assembles a broker, without starting anything. */
@FunctionalInterface
public interface BrokerFactory {

    BrokerProcess create(Launch launch, MeterRegistry meters);
}
