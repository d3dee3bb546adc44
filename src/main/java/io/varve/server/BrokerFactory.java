package io.varve.server;

import io.micrometer.core.instrument.MeterRegistry;
import io.varve.config.ConfigLoader.Mode;
import io.varve.config.VarveConfig;

/** Assembles a broker, without starting anything. */
@FunctionalInterface
public interface BrokerFactory {

    /** @param mode {@code DEV} keeps metadata in the data directory, {@code BROKER} in etcd */
    BrokerProcess create(Mode mode, VarveConfig config, MeterRegistry meters);
}
