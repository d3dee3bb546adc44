package io.varve.server;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.varve.observe.HealthSource;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Ties the broker's life to the process's. The broker starts beside the HTTP server, not before it, so that
 * {@code /health/ready} can say what the start is waiting for; when the start fails the process ends with words and an exit code.
 */
@Singleton
public class BrokerLifecycle {
    private static final Logger LOG = Logger.getLogger(BrokerLifecycle.class);

    private final BrokerFactory factory;
    private final MeterRegistry meters;
    private volatile @Nullable BrokerProcess broker;
    private volatile boolean stopping;

    @Inject
    public BrokerLifecycle(BrokerFactory factory, MeterRegistry meters) {
        this.factory = factory;
        this.meters = meters;
    }

    void onStart(@Observes StartupEvent event) {
        Launch.current().ifPresent(launch -> {
            BrokerProcess process = factory.create(launch, meters);
            broker = process;
            Thread.ofVirtual().name("broker-start").start(() -> start(launch, process));
        });
    }

    private void start(Launch launch, BrokerProcess process) {
        try {
            process.start();
            if (launch.rehearsal()) {
                Rehearsal.run(Welcome.http(launch));
            }
            process.running().ifPresent(running -> Welcome.print(launch, running));
        } catch (StartupException e) {
            LOG.debugf(e, "event=start-failed");
            if (!stopping) {
                end(e.getMessage(), e.exitCode());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) {
            if (stopping) {
                // What a stop in the middle of the start does to it is not why the process ends.
                LOG.debugf(e, "event=start-failed");
                return;
            }
            LOG.errorf(e, "event=start-failed");
            end("The broker could not start: " + e, 1);
        }
    }

    private static void end(@Nullable String words, int exitCode) {
        System.err.println("varve: " + words);
        Quarkus.asyncExit(exitCode);
    }

    void onStop(@Observes ShutdownEvent event) {
        stopping = true;
        BrokerProcess process = broker;
        if (process != null) {
            process.stop();
        }
    }

    /** The serving broker, or empty while it starts or stops. */
    public Optional<RunningBroker> running() {
        BrokerProcess process = broker;
        return process == null ? Optional.empty() : process.running();
    }

    /** The parts readiness depends on; empty before the broker was made. */
    public List<HealthSource> health() {
        BrokerProcess process = broker;
        return process == null ? List.of() : process.health();
    }
}
