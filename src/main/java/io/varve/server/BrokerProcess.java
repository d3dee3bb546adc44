package io.varve.server;

import io.varve.observe.HealthSource;
import java.util.List;
import java.util.Optional;

/** A broker from its start to its stop. Started and stopped once; the rest is thread-safe. */
public interface BrokerProcess {

    /**
     * Blocks until the Kafka port serves. May wait for dependencies meanwhile; {@link #health} says for which.
     *
     * @throws StartupException when it cannot start, with words for the operator; what was started is stopped again
     */
    void start() throws StartupException, InterruptedException;

    /** The parts that must be well for the broker to be ready. May be asked at any time, also before and during the start. */
    List<HealthSource> health();

    /** What HTTP works with; empty until the broker serves and after it stopped. */
    Optional<RunningBroker> running();

    /**
     * Hands over and offloads what only this broker has, within the configured bound, then stops everything. Blocks. May be called
     * during {@link #start}, which it then ends, and after a start that failed.
     */
    void stop();
}
