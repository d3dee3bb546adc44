package io.varve.http;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.Mock;
import io.varve.observe.HealthSource;
import io.varve.server.BrokerFactory;
import io.varve.server.BrokerLifecycle;
import io.varve.server.RunningBroker;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;

/** Has a broker in memory in place of a real one. */
@Mock
@Singleton
public class FakeLifecycle extends BrokerLifecycle {
    volatile FakeBroker fake = new FakeBroker();
    volatile RunningBroker running = fake.running();
    volatile Optional<String> etcdProblem = Optional.empty();
    volatile Optional<String> etcdWarning = Optional.empty();
    volatile boolean serving = true;

    @Inject
    FakeLifecycle(BrokerFactory factory, MeterRegistry meters) {
        super(factory, meters);
    }

    void reset() {
        fake = new FakeBroker();
        running = fake.running();
        etcdProblem = Optional.empty();
        etcdWarning = Optional.empty();
        serving = true;
    }

    FakeBroker broker() {
        return fake;
    }

    void serving(boolean now) {
        serving = now;
    }

    void etcdProblem(Optional<String> problem) {
        etcdProblem = problem;
    }

    void etcdWarning(Optional<String> warning) {
        etcdWarning = warning;
    }

    @Override
    public Optional<RunningBroker> running() {
        return serving ? Optional.of(running) : Optional.empty();
    }

    @Override
    public List<HealthSource> health() {
        return List.of(new HealthSource() {
            @Override
            public String name() {
                return "etcd";
            }

            @Override
            public Optional<String> problem() {
                return etcdProblem;
            }

            @Override
            public Optional<String> warning() {
                return etcdWarning;
            }
        });
    }
}
