package io.varve.server;

import io.micrometer.core.instrument.MeterRegistry;
import io.varve.broker.Apis;
import io.varve.cluster.ClusterException;
import io.varve.cluster.PartitionId;
import io.varve.log.LogException;
import io.varve.log.Partitions;
import io.varve.metadata.MetadataException;
import io.varve.observe.HealthSource;
import io.varve.tier.Offloader;
import io.varve.wire.KafkaServer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A broker put together from its parts: starts them from the bottom up and stops them from the top down.
 *
 * <pre>
 *   metadata store -> cluster id -> data directory -> registration -> object tier -> topics -> partitions -> groups -> Kafka port
 * </pre>
 */
final class AssembledBroker implements BrokerProcess {
    private static final Logger LOG = Logger.getLogger(AssembledBroker.class);
    private static final long SEAL_SHARE = 2;

    private final Launch launch;
    private final MeterRegistry meters;
    private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
    private final Deque<AutoCloseable> started = new ArrayDeque<>();
    private final List<HealthSource> health = new ArrayList<>();
    private volatile String waitingFor = "the broker is starting";
    private volatile @Nullable BrokerParts parts;
    private volatile @Nullable RunningBroker running;
    private volatile boolean stopping;
    private @Nullable Thread starter;

    AssembledBroker(Launch launch, MeterRegistry meters) {
        this.launch = launch;
        this.meters = meters;
        health.add(source("broker", () -> running != null ? Optional.empty() : Optional.of(waitingFor)));
    }

    static HealthSource source(String name, Supplier<Optional<String>> problem) {
        return source(name, problem, Optional::empty);
    }

    static HealthSource source(String name, Supplier<Optional<String>> problem, Supplier<Optional<String>> warning) {
        return new HealthSource() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public Optional<String> problem() {
                return problem.get();
            }

            @Override
            public Optional<String> warning() {
                return warning.get();
            }
        };
    }

    @Override
    public void start() throws StartupException, InterruptedException {
        synchronized (this) {
            if (stopping) {
                return;
            }
            starter = Thread.currentThread();
        }
        try {
            BrokerParts assembled =
                    new BrokerAssembly(launch, meters, blocking, this::keep, words -> waitingFor = words).assemble();
            synchronized (health) {
                health.addAll(assembled.health());
            }
            parts = assembled;
            running = assembled.running();
        } catch (ClusterException | LogException e) {
            stop();
            throw new StartupException(String.valueOf(e.getMessage()), 2, e);
        } catch (MetadataException e) {
            stop();
            throw new StartupException(String.valueOf(e.getMessage()), 1, e);
        } catch (StartupException e) {
            stop();
            throw e;
        } finally {
            synchronized (this) {
                starter = null;
            }
        }
    }

    /** Remembers what has to be closed, in reverse order, when the broker stops. */
    private <T extends AutoCloseable> T keep(T part) {
        synchronized (started) {
            started.push(part);
        }
        return part;
    }

    @Override
    public List<HealthSource> health() {
        synchronized (health) {
            return List.copyOf(health);
        }
    }

    @Override
    public Optional<RunningBroker> running() {
        return Optional.ofNullable(running);
    }

    @Override
    public void stop() {
        synchronized (this) {
            if (stopping) {
                return;
            }
            stopping = true;
            waitingFor = "the broker is stopping";
            if (starter != null && !starter.equals(Thread.currentThread())) {
                starter.interrupt();
            }
        }
        running = null;
        BrokerParts assembled = parts;
        if (assembled != null) {
            saveTails(assembled);
        }
        closeAll();
        blocking.shutdown();
    }

    /** Seals and offloads what only this broker has: afterwards the metadata store and the object store are enough. */
    private void saveTails(BrokerParts assembled) {
        assembled.kafka().stopAccepting();
        assembled.oneAddress().ifPresent(KafkaServer::stopAccepting);
        long bound = launch.config().shutdown().timeoutMillis();
        long begun = System.nanoTime();
        assembled.placing().stopping();
        LOG.infof("stopping: sealing and offloading what only this broker has. bound_ms=%d", bound);
        assembled.partitions().handOverAll(Math.max(1, bound / SEAL_SHARE));
        long left =
                Math.max(0, bound - Duration.ofNanos(System.nanoTime() - begun).toMillis());
        try {
            Offloader.Progress rest = assembled
                    .tier()
                    .offloader
                    .drain(
                            Duration.ofMillis(left),
                            progress -> LOG.infof(
                                    "offloading before the stop. segments_left=%d bytes_left=%d",
                                    progress.segments(), progress.bytes()));
            Set<PartitionId> onlyHere = assembled.partitions().onlyOnThisDisk();
            if (onlyHere.isEmpty()) {
                LOG.info("everything is offloaded: the disk of this broker is not needed any more");
            } else {
                LOG.errorf(
                        "stopping with data that is on this disk only: keep the disk and start the broker on it again. "
                                + "partitions=%d first=%s segments_to_upload=%d bytes_to_upload=%d",
                        onlyHere.size(), onlyHere.iterator().next(), rest.segments(), rest.bytes());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void closeAll() {
        while (true) {
            AutoCloseable next;
            synchronized (started) {
                next = started.poll();
            }
            if (next == null) {
                return;
            }
            try {
                next.close();
            } catch (Exception e) {
                LOG.warnf(
                        e,
                        "a part did not stop cleanly. part=%s",
                        next.getClass().getSimpleName());
            }
        }
    }

    /** What the broker consists of once it serves. */
    record BrokerParts(
            KafkaServer kafka,
            Optional<KafkaServer> oneAddress,
            Placing placing,
            Partitions partitions,
            ObjectTier tier,
            Apis apis,
            RunningBroker running,
            List<HealthSource> health) {}
}
