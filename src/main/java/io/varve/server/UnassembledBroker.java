package io.varve.server;

import io.varve.observe.HealthSource;
import java.util.List;
import java.util.Optional;

/** Stands where the broker will be: refuses to start. */
final class UnassembledBroker implements BrokerProcess, HealthSource {

    @Override
    public void start() throws StartupException {
        throw new StartupException("This build has no broker in it: its parts are not assembled yet.", 1, null);
    }

    @Override
    public List<HealthSource> health() {
        return List.of(this);
    }

    @Override
    public Optional<RunningBroker> running() {
        return Optional.empty();
    }

    @Override
    public void stop() {}

    @Override
    public String name() {
        return "broker";
    }

    @Override
    public Optional<String> problem() {
        return Optional.of("This build has no broker in it.");
    }
}
