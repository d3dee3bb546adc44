package io.varve.server;

import io.varve.cluster.BrokerRegistration;
import io.varve.cluster.BrokerRegistration.Phase;
import io.varve.cluster.LiveBrokers;
import io.varve.cluster.LoadReports;
import io.varve.cluster.Owners;
import io.varve.cluster.PartitionId;
import io.varve.cluster.PlacementView;
import io.varve.cluster.Placer;
import io.varve.cluster.PlacerSeat;
import io.varve.cluster.TopicRegistry;
import io.varve.config.VarveConfig;
import io.varve.log.Partition;
import io.varve.log.Partitions;
import io.varve.metadata.MetadataException;
import io.varve.metadata.MetadataStore;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.utils.Time;
import org.jboss.logging.Logger;

/** What a broker has to do with the placement of partitions: it may be the placer, it reports its load, it says how far it is in its life. */
final class Placing implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(Placing.class);

    /** How often at most a broker writes its load to the metadata store. */
    static final Duration REPORTS = Duration.ofSeconds(30);

    /** A planned stop waits no longer for the others to hear of it. */
    private static final long STOP_WORD_MILLIS = 1_000;

    private final BrokerRegistration registration;
    private final PlacerSeat seat;
    private final LoadReports loads;
    private final PlacementView view;
    private final Placer placer;
    private final Executor blocking;
    private final Time time;

    /** What was appended to each partition by when it was last asked; only for {@link #report}. */
    private Map<PartitionId, Long> appended = Map.of();

    private long reportedMillis;

    Placing(
            MetadataStore metadata,
            VarveConfig.Placer settings,
            BrokerRegistration registration,
            LiveBrokers brokers,
            TopicRegistry topics,
            Owners owners,
            Executor blocking,
            Time time) {
        this.registration = registration;
        this.blocking = blocking;
        this.time = time;
        seat = new PlacerSeat(metadata, registration);
        brokers.placedBy(() -> seat.elected().map(PlacerSeat.Elected::broker));
        loads = new LoadReports(metadata, registration);
        view = new PlacementView(topics, owners, brokers, seat);
        placer = new Placer(
                new Placer.Settings(
                        settings.goneAfterMillis() == 0 ? -1 : settings.goneAfterMillis(), settings.parallelMoves()),
                seat,
                brokers,
                topics,
                owners,
                loads,
                time);
    }

    PlacementView view() {
        return view;
    }

    void start(Background background, VarveConfig.Placer settings, Partitions partitions) {
        background.every(REPORTS, "load report", () -> report(partitions));
        if (settings.enabled()) {
            background.every(Duration.ofMillis(settings.intervalMillis()), "placer", placer::run);
        }
    }

    private void report(Partitions partitions) {
        long now = time.milliseconds();
        long elapsed = Math.max(1, now - reportedMillis);
        Map<PartitionId, Long> total = new HashMap<>();
        Map<PartitionId, Long> bytesPerSecond = new HashMap<>();
        for (Partition partition : partitions.all()) {
            long bytes = partition.appendedBytes();
            total.put(partition.id(), bytes);
            Long before = appended.get(partition.id());
            if (before != null && bytes > before) {
                bytesPerSecond.put(partition.id(), (bytes - before) * 1_000 / elapsed);
            }
        }
        appended = total;
        reportedMillis = now;
        try {
            loads.publish(bytesPerSecond);
        } catch (MetadataException e) {
            LOG.debugf("cannot report the load now. cause=%s", e.getMessage());
        }
    }

    /** The Kafka port is open: others may choose this broker. */
    void serving() {
        blocking.execute(() -> {
            try {
                registration.announce(Phase.SERVING);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (MetadataException e) {
                LOG.errorf(
                        e,
                        "cannot say that this broker serves: it gets no new partitions. broker=%d",
                        registration.info().id());
            }
        });
    }

    /** Nobody is to choose this broker for anything new. Waits a moment for the metadata store to have that. */
    void stopping() {
        CompletableFuture<Void> said = CompletableFuture.runAsync(
                () -> {
                    try {
                        registration.announce(Phase.STOPPING);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                blocking);
        try {
            said.get(STOP_WORD_MILLIS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            LOG.infof("stopping without having said so to the others. cause=%s", e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        loads.close();
        seat.close();
    }
}
