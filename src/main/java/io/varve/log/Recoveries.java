package io.varve.log;

import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecords.Versioned;
import io.varve.cluster.Topic;
import io.varve.cluster.TopicRegistry;
import io.varve.metadata.MetadataException;
import io.varve.tier.ObjectStoreException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import org.apache.kafka.common.errors.LeaderNotAvailableException;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Brings the partitions of earlier runs back: all at start, each by itself, and those that could not be recovered again when that
 * may help. One that cannot be recovered keeps no other from serving. Thread-safe.
 */
final class Recoveries {
    private static final Logger LOG = Logger.getLogger(Recoveries.class);
    private static final int PARALLEL = 32;
    private static final long RETRY_MILLIS = 2_000;

    private final LogContext context;
    private final PartitionRecovery recovery;
    private final TopicRegistry topics;
    private final Function<Topic, LogConfig> configs;
    private final Map<PartitionId, Partition> partitions;
    private final Map<PartitionId, String> lost = new ConcurrentHashMap<>();

    /** A partition is recovered by one thread at a time: two of them would write to the same files. */
    private final Map<PartitionId, Object> monitors = new ConcurrentHashMap<>();

    /** @param partitions where the recovered ones go */
    Recoveries(
            LogContext context,
            PartitionRecovery recovery,
            TopicRegistry topics,
            Function<Topic, LogConfig> configs,
            Map<PartitionId, Partition> partitions) {
        this.context = context;
        this.recovery = recovery;
        this.topics = topics;
        this.configs = configs;
        this.partitions = partitions;
    }

    /** What is not available, and why. */
    Map<PartitionId, String> lost() {
        return lost;
    }

    /** The partition is gone, or whole again. */
    void forget(PartitionId id) {
        lost.remove(id);
        monitors.remove(id);
    }

    /** Recovers every partition of every topic and removes the files of topics that are gone. Blocks. */
    void all(Map<PartitionId, Versioned> records) {
        List<CompletableFuture<Void>> recoveries = new ArrayList<>();
        Semaphore atOnce = new Semaphore(PARALLEL);
        Set<PartitionId> known = new HashSet<>();
        for (Topic topic : topics.all()) {
            for (int index = 0; index < topic.partitions(); index++) {
                PartitionId id = new PartitionId(topic.id(), index);
                known.add(id);
                recoveries.add(CompletableFuture.runAsync(
                        () -> {
                            atOnce.acquireUninterruptibly();
                            try {
                                recover(id, () -> Optional.ofNullable(records.get(id)));
                            } finally {
                                atOnce.release();
                            }
                        },
                        context.blocking()));
            }
        }
        recoveries.forEach(CompletableFuture::join);
        for (PartitionId id : context.files().partitions()) {
            if (!known.contains(id)) {
                LOG.infof("removing the files of a partition whose topic is gone. partition=%s", id);
                context.files().delete(id);
            }
        }
        LOG.infof("partitions recovered. partitions=%d unavailable=%d", partitions.size(), lost.size());
    }

    /** Tries a lost partition again, in the background: its topic may allow now to give up what is lost. */
    void again(PartitionId id) {
        context.blocking().execute(() -> recover(id, () -> context.records().get(id)));
    }

    /** Where the record comes from; throws what the metadata store throws. */
    private interface RecordSource {
        Optional<Versioned> get();
    }

    private void recover(PartitionId id, RecordSource records) {
        synchronized (monitors.computeIfAbsent(id, _ -> new Object())) {
            Topic topic = topics.byId(id.topicId()).orElse(null);
            Partition before = partitions.get(id);
            if (topic == null || (before != null && before.isAvailable())) {
                forget(id);
                return;
            }
            try {
                open(id, topic, records.get().orElse(null));
            } catch (ObjectStoreException | MetadataException e) {
                lost.put(id, "waiting for the object store or the metadata store: " + e.getMessage());
                LOG.warnf(
                        "cannot recover yet, will try again: a store is away. partition=%s cause=%s",
                        id, e.getMessage());
                context.blocking().execute(() -> later(id, e));
            } catch (LogException e) {
                lost.put(id, String.valueOf(e.getMessage()));
                LOG.errorf(
                        e,
                        "partition unavailable: it cannot be read from this disk. Check the disk, then restart the broker. "
                                + "partition=%s",
                        id);
            }
        }
    }

    private void open(PartitionId id, Topic topic, @Nullable Versioned record) {
        LogConfig config = configs.apply(topic);
        PartitionRecovery.Recovered found =
                recovery.recover(id, record, config.indexInterval, config.uncleanLeaderElectionEnable);
        Partition partition =
                new Partition(id, topic, config, found.record(), found.producers(), found.locals(), context);
        if (found.lost() != null) {
            refuse(partition, found.lost());
        }
        partitions.put(id, partition);
        if (found.lost() == null) {
            lost.remove(id);
            partition.locals().submitSealed();
        }
    }

    private void later(PartitionId id, RuntimeException cause) {
        if (cause instanceof MetadataException e && e.kind() == MetadataException.Kind.CLOSED) {
            return;
        }
        context.time().sleep(RETRY_MILLIS);
        // A topic that was deleted meanwhile is not lost any more.
        if (lost.containsKey(id)) {
            recover(id, () -> context.records().get(id));
        }
    }

    private void refuse(Partition partition, String words) {
        lost.put(partition.id(), words);
        LOG.errorf(
                "partition unavailable: part of it is on no disk that is here. Bring the disk back, or set "
                        + "unclean.leader.election.enable=true on the topic to give it up. partition=%s lost=%s",
                partition, words);
        partition.close(new LeaderNotAvailableException("partition " + partition + " is unavailable: " + words));
    }
}
