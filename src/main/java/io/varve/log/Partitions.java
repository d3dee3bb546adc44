package io.varve.log;

import io.micrometer.core.instrument.MeterRegistry;
import io.varve.cluster.Leadership;
import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord;
import io.varve.cluster.PartitionRecord.Member;
import io.varve.cluster.PartitionRecords;
import io.varve.cluster.PartitionRecords.Versioned;
import io.varve.cluster.Topic;
import io.varve.cluster.TopicRegistry;
import io.varve.metadata.MetadataException;
import io.varve.observe.Metric;
import io.varve.tier.ManifestPages;
import io.varve.tier.ObjectStoreException;
import io.varve.tier.Offloadable;
import io.varve.tier.RemoteSegments;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * All partitions of this broker: recovers them at start, follows the topic registry, keeps them within their bounds, seals them at a
 * planned stop. Thread-safe.
 */
public final class Partitions implements Leadership, TopicRegistry.Listener, AutoCloseable {
    private static final Logger LOG = Logger.getLogger(Partitions.class);

    private final Map<PartitionId, Partition> partitions = new ConcurrentHashMap<>();
    private final LogContext context;
    private final TopicRegistry topics;
    private final Recoveries recoveries;
    private final PartitionJanitor janitor;
    private final Function<Topic, LogConfig> configs;

    /**
     * What this part needs of the others.
     *
     * @param offload takes segments that want to go to the object store
     * @param withdraw forgets what was to be uploaded of a partition, but for what is just on its way
     */
    public record Dependencies(
            Time time,
            Executor blocking,
            PartitionRecords records,
            RemoteSegments remote,
            ManifestPages pages,
            Consumer<Offloadable> offload,
            Consumer<PartitionId> withdraw,
            Function<Topic, LogConfig> configs,
            DiskSpace disk,
            MeterRegistry meters) {}

    private Partitions(
            LogContext context,
            LogSettings settings,
            TopicRegistry topics,
            Dependencies needs,
            JournalRecovery.Replayed replayed) {
        this.context = context;
        this.topics = topics;
        this.configs = needs.configs();
        var recovery = new PartitionRecovery(
                context.self(),
                context.files(),
                context.openFiles(),
                context.records(),
                context.remote(),
                replayed.ends());
        recoveries = new Recoveries(context, recovery, topics, configs, partitions);
        janitor = new PartitionJanitor(
                needs.remote(), needs.pages(), needs.disk(), needs.time(), settings.producerExpirationMillis());
        Metric.PARTITIONS_UNAVAILABLE.gauge(needs.meters(), () -> lost().size());
    }

    /**
     * Replays the journal, recovers every partition of {@code topics} and follows the registry from then on. Blocks; the time it takes
     * grows with the journal, not with the data.
     *
     * @param self this broker and its disk
     */
    public static Partitions open(LogSettings settings, Member self, TopicRegistry topics, Dependencies needs) {
        SegmentFiles files = new SegmentFiles(settings.dataDirectory());
        OpenFiles openFiles = new OpenFiles(settings.maxOpenFiles());
        Map<PartitionId, Versioned> records = needs.records().all();
        Path journalDirectory = settings.dataDirectory().resolve("journal");
        JournalRecovery.Replayed replayed = new JournalRecovery(journalDirectory, files, openFiles, records).run();
        // From here on every batch of the old journal is synced in its segment, so the files may be used again.
        Journal journal = new Journal(
                journalDirectory,
                settings.journalFileBytes(),
                settings.journalFiles(),
                replayed.sequence() + 1,
                needs.meters());
        Partitions partitions = new Partitions(
                new LogContext(
                        self,
                        needs.time(),
                        needs.blocking(),
                        needs.records(),
                        journal,
                        openFiles,
                        files,
                        needs.remote(),
                        needs.offload(),
                        needs.withdraw(),
                        needs.disk(),
                        new BatchValidator(needs.time()),
                        new LogMetrics(needs.meters())),
                settings,
                topics,
                needs,
                replayed);
        partitions.recoveries.all(records);
        topics.addListener(partitions);
        partitions.forgetDeleted();
        return partitions;
    }

    /** Topics that were deleted while they were recovered, when nobody listened yet. Ids are never used again. */
    private void forgetDeleted() {
        Set<PartitionId> here = new HashSet<>(lost().keySet());
        here.addAll(partitions.keySet());
        for (PartitionId id : here) {
            if (topics.byId(id.topicId()).isEmpty()) {
                forget(id);
            }
        }
    }

    private void forget(PartitionId id) {
        recoveries.forget(id);
        Partition partition = partitions.remove(id);
        if (partition != null) {
            context.blocking().execute(partition::delete);
        }
    }

    @Override
    public void onTopic(Topic topic) {
        LogConfig config = configs.apply(topic);
        for (int index = 0; index < topic.partitions(); index++) {
            PartitionId id = new PartitionId(topic.id(), index);
            Partition partition = partitions.get(id);
            if (partition != null) {
                partition.update(topic, config);
                if (config.uncleanLeaderElectionEnable && lost().containsKey(id)) {
                    recoveries.again(id);
                }
            } else if (!lost().containsKey(id)) {
                // New: nothing of it can be anywhere yet.
                partitions.put(id, new Partition(id, topic, config, null, new ProducerStates(), List.of(), context));
            }
        }
    }

    @Override
    public void onTopicDeleted(Topic topic) {
        for (int index = 0; index < topic.partitions(); index++) {
            forget(new PartitionId(topic.id(), index));
        }
    }

    private Map<PartitionId, String> lost() {
        return recoveries.lost();
    }

    /** The partition, or null when this broker does not have it (yet). */
    public @Nullable Partition find(PartitionId id) {
        return partitions.get(id);
    }

    public Collection<Partition> all() {
        return partitions.values();
    }

    @Override
    public Leader of(PartitionId id) {
        Partition partition = partitions.get(id);
        List<Integer> self = List.of(context.self().broker());
        if (partition == null || lost().containsKey(id)) {
            return new Leader(
                    PartitionRecord.NO_OWNER, partition == null ? 0 : partition.leaderEpoch(), self, List.of());
        }
        return new Leader(context.self().broker(), partition.leaderEpoch(), self, self);
    }

    /** Looks after retention and time-based rolling of all partitions. Blocks; call it periodically, one call at a time. */
    public void tidy() {
        for (Partition partition : partitions.values()) {
            try {
                janitor.tidy(partition);
            } catch (ApiException unavailable) {
                LOG.debugf("skipped maintenance. partition=%s cause=%s", partition, unavailable.getMessage());
            } catch (MetadataException | ObjectStoreException | LogException e) {
                LOG.warnf("maintenance failed, will try again. partition=%s cause=%s", partition, e.getMessage());
            }
        }
    }

    /** What is wrong, for health checks. */
    public Optional<String> problem() {
        Optional<String> journalProblem = context.journal().problem();
        if (journalProblem.isPresent()) {
            return journalProblem;
        }
        return lost().isEmpty()
                ? Optional.empty()
                : Optional.of(lost().size() + " partitions are unavailable, first: "
                        + lost().entrySet().iterator().next());
    }

    /**
     * Refuses appends from now on and seals every open segment, for a planned stop. Blocks up to {@code boundMillis}; what could not be
     * sealed within it is among {@link #onlyOnThisDisk} afterwards.
     */
    public void sealAll(long boundMillis) {
        List<CompletableFuture<Void>> seals = new ArrayList<>();
        for (Partition partition : partitions.values()) {
            seals.add(CompletableFuture.runAsync(
                    () -> {
                        try {
                            partition.sealForStop();
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                    },
                    context.blocking()));
        }
        try {
            CompletableFuture.allOf(seals.toArray(CompletableFuture[]::new)).get(boundMillis, TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            LOG.errorf("not all segments could be sealed. bound_ms=%d cause=%s", boundMillis, e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * The partitions of which this disk has, or may have, something that is nowhere else: those whose record names a segment that is not
     * offloaded, and those that could not be recovered.
     */
    public Set<PartitionId> onlyOnThisDisk() {
        Set<PartitionId> needed = new HashSet<>(lost().keySet());
        for (Partition partition : partitions.values()) {
            PartitionRecord record = partition.metadata().record();
            if (record != null && (record.open() != null || !record.sealed().isEmpty())) {
                needed.add(partition.id());
            }
        }
        return needed;
    }

    /** Stops the journal and closes the files. */
    @Override
    public void close() {
        context.journal().close();
        context.openFiles().close();
    }
}
