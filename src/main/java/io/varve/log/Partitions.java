package io.varve.log;

import io.micrometer.core.instrument.MeterRegistry;
import io.varve.cluster.Leadership;
import io.varve.cluster.Owners;
import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord;
import io.varve.cluster.PartitionRecord.Member;
import io.varve.cluster.PartitionRecord.OpenSegment;
import io.varve.cluster.PartitionRecord.SealedSegment;
import io.varve.cluster.PartitionRecords;
import io.varve.cluster.PartitionRecords.Versioned;
import io.varve.cluster.Topic;
import io.varve.cluster.TopicRegistry;
import io.varve.metadata.MetadataException;
import io.varve.observe.Metric;
import io.varve.replica.CopyHost;
import io.varve.replica.Replicator;
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
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The partitions that this broker serves: those that are its own ({@link Owners}). Follows topics, records and brokers, keeps partitions
 * within their bounds, hands them over or seals them at a planned stop. Thread-safe.
 */
public final class Partitions implements Leadership, TopicRegistry.Listener, Owners.Listener, AutoCloseable {
    private static final Logger LOG = Logger.getLogger(Partitions.class);

    private final Map<PartitionId, Partition> partitions = new ConcurrentHashMap<>();
    private final LogContext context;
    private final TopicRegistry topics;
    private final Owners owners;
    private final Reconciler reconciler;
    private final OpenCopies copies;
    private final ReadAnywhere anywhere;
    private final PartitionJanitor janitor;
    private final OwnerBalance balance;
    private final OwnerlessPartitions ownerless;
    private final ReentrantLock balancing = new ReentrantLock();
    private final Function<Topic, LogConfig> configs;

    /**
     * What this part needs of the others.
     *
     * @param boot of this machine, see {@link Boot}
     * @param leaseHeld whether this broker's lease certainly holds
     * @param serve lets other brokers reach what keeps copies for them: called once it is ready
     * @param offload takes segments that want to go to the object store
     * @param withdraw forgets what was to be uploaded of a partition, but for what is just on its way
     * @param journalThreads for threads that block on the disk
     * @param random for the spread of retries; thread-safe
     */
    public record Dependencies(
            Time time,
            Uuid boot,
            BooleanSupplier leaseHeld,
            Executor blocking,
            PartitionRecords records,
            Owners owners,
            Replicator replicator,
            Consumer<CopyHost> serve,
            RemoteSegments remote,
            ManifestPages pages,
            Consumer<Offloadable> offload,
            Consumer<PartitionId> withdraw,
            Function<Topic, LogConfig> configs,
            DiskSpace disk,
            ThreadFactory journalThreads,
            Random random,
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
        var recovery = new PartitionRecovery(context, replayed.ends());
        owners = needs.owners();
        ownerless = new OwnerlessPartitions(topics, owners);
        balance = new OwnerBalance(owners, context.self(), needs.time(), settings.ownerCheckMillis());
        reconciler = new Reconciler(context, recovery, topics, owners, balance, configs, partitions);
        anywhere = new ReadAnywhere(reconciler.holdings(), owners, needs.remote(), context.metrics());
        copies = new OpenCopies(
                context, reconciler, topics, topic -> configs.apply(topic).indexInterval, anywhere::tell);
        janitor = new PartitionJanitor(
                needs.remote(), needs.pages(), needs.disk(), needs.time(), settings.producerExpirationMillis());
        Metric.PARTITIONS_UNAVAILABLE.gauge(needs.meters(), () -> lost().size());
        Metric.PARTITIONS_UNDER_REPLICATED.gauge(
                needs.meters(),
                () -> partitions.values().stream()
                        .filter(partition -> partition.inSync()
                                < partition.topic().replicas(partition.id().partition()))
                        .count());
        Metric.PARTITIONS_WITHOUT_OWNER.gauge(needs.meters(), ownerless::count);
    }

    /**
     * Replays the journal, recovers every partition that is this broker's and follows what changes from then on. Blocks; the time it
     * takes grows with the journal, not with the data.
     *
     * @param self this broker and its disk
     */
    public static Partitions open(LogSettings settings, Member self, TopicRegistry topics, Dependencies needs) {
        SegmentFiles files = new SegmentFiles(settings.dataDirectory());
        files.create();
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
                needs.journalThreads(),
                needs.meters());
        Partitions partitions = new Partitions(
                new LogContext(
                        self,
                        needs.boot(),
                        needs.time(),
                        needs.leaseHeld(),
                        needs.blocking(),
                        needs.records(),
                        needs.owners(),
                        needs.replicator(),
                        journal,
                        openFiles,
                        files,
                        needs.remote(),
                        needs.offload(),
                        needs.withdraw(),
                        needs.disk(),
                        needs.random(),
                        new BatchValidator(needs.time()),
                        new LogMetrics(needs.meters())),
                settings,
                topics,
                needs,
                replayed);
        // Others that start at the same time wait for what this disk has, as this one may for theirs.
        needs.serve().accept(partitions.copies);
        partitions.reconciler.all();
        topics.addListener(partitions);
        partitions.forgetDeleted();
        needs.owners().addListener(partitions);
        // Whatever changed before anybody listened.
        partitions.onBrokers();
        return partitions;
    }

    /** Topics that were deleted while they were recovered, when nobody listened yet. Ids are never used again. */
    private void forgetDeleted() {
        Set<PartitionId> here = new HashSet<>(lost().keySet());
        here.addAll(partitions.keySet());
        here.addAll(reconciler.holdings().keySet());
        for (PartitionId id : here) {
            if (topics.byId(id.topicId()).isEmpty()) {
                forget(id);
            }
        }
    }

    private void forget(PartitionId id) {
        reconciler.forget(id);
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
            }
            if (partition == null && isNewAndMine(id)) {
                partitions.put(id, new Partition(id, topic, config, null, new ProducerStates(), List.of(), context));
            } else {
                reconciler.later(id);
            }
        }
    }

    /** Nothing of it can be anywhere yet, so it can be served at once: whoever creates a topic writes to it next. */
    private boolean isNewAndMine(PartitionId id) {
        return owners.record(id).isEmpty()
                && owners.ownerOf(id) == context.self().broker()
                && !lost().containsKey(id)
                && !context.files().has(id);
    }

    @Override
    public void onPartition(PartitionId id) {
        Partition serving = partitions.get(id);
        if (serving != null) {
            owners.versioned(id).ifPresent(serving.metadata()::saw);
        }
        anywhere.tell(id);
        if (topics.byId(id.topicId()).isPresent()) {
            reconciler.later(id);
        }
    }

    @Override
    public void onBrokers() {
        for (Topic topic : topics.all()) {
            for (int index = 0; index < topic.partitions(); index++) {
                PartitionId id = new PartitionId(topic.id(), index);
                if (partitions.containsKey(id)
                        || owners.ownerOf(id) == context.self().broker()) {
                    reconciler.later(id);
                }
            }
        }
    }

    @Override
    public void onTopicDeleted(Topic topic) {
        for (int index = 0; index < topic.partitions(); index++) {
            forget(new PartitionId(topic.id(), index));
        }
    }

    /** This disk's copy of the open segment of a partition of another broker. */
    Optional<OpenCopy> copy(PartitionId id, long baseOffset) {
        return Optional.ofNullable(reconciler.holdings().get(id)).map(holding -> holding.copyAt(baseOffset));
    }

    private Map<PartitionId, String> lost() {
        return reconciler.lost();
    }

    /** The partition, or null when this broker does not have it (yet). */
    public @Nullable Partition find(PartitionId id) {
        return partitions.get(id);
    }

    /** What can be read here of partitions, whoever owns them. */
    public ReadAnywhere anywhere() {
        return anywhere;
    }

    public Collection<Partition> all() {
        return partitions.values();
    }

    @Override
    public Leader of(PartitionId id) {
        Leader leader = owners.of(id);
        if (leader.broker() != context.self().broker()) {
            return leader;
        }
        Partition partition = partitions.get(id);
        if (partition == null || lost().containsKey(id)) {
            return new Leader(PartitionRecord.NO_OWNER, leader.epoch(), leader.replicas(), List.of());
        }
        return new Leader(leader.broker(), partition.leaderEpoch(), leader.replicas(), leader.inSync());
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
        reconciler.tidyHoldings();
        balance();
    }

    /** Gives partitions to the brokers that they are assigned to, see {@link OwnerBalance}. Blocks; cheap when there is nothing to do. */
    public void balance() {
        if (!balancing.tryLock()) {
            return;
        }
        try {
            balance.run(partitions.values(), this::handOver);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (MetadataException | LogException e) {
            LOG.warnf("cannot give a partition to its broker, will try again. cause=%s", e.getMessage());
        } finally {
            balancing.unlock();
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

    /** What is wrong with partitions of the cluster that this broker cannot help, for health checks. */
    public Optional<String> warning() {
        return ownerless.warning();
    }

    /** Hands one over, see {@link Partition#handOver}, and looks at it again then: the successor may be gone by now. Blocks. */
    void handOver(Partition partition, int successor) throws InterruptedException {
        try {
            partition.handOver(successor);
        } finally {
            reconciler.later(partition.id());
        }
    }

    /**
     * Hands every partition over to another broker, or, when there is none, refuses appends from now on and seals every open segment: for
     * a planned stop. Blocks up to {@code boundMillis}; what could not be sealed within it is among {@link #onlyOnThisDisk} afterwards.
     */
    public void handOverAll(long boundMillis) {
        reconciler.stop();
        List<CompletableFuture<Void>> seals = new ArrayList<>();
        for (Partition partition : partitions.values()) {
            seals.add(CompletableFuture.runAsync(
                    () -> {
                        try {
                            handOver(partition, owners.successor(partition.id()));
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                    },
                    context.blocking()));
        }
        try {
            context.time()
                    .waitForFuture(
                            CompletableFuture.allOf(seals.toArray(CompletableFuture[]::new)),
                            context.time().nanoseconds() + TimeUnit.MILLISECONDS.toNanos(boundMillis));
        } catch (TimeoutException | ExecutionException e) {
            LOG.errorf("not all segments could be sealed. bound_ms=%d cause=%s", boundMillis, e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * The partitions of which this disk has, or may have, something that is nowhere else: those whose record names a segment that is neither
     * offloaded nor on another broker that lives, and those that could not be recovered.
     */
    public Set<PartitionId> onlyOnThisDisk() {
        Set<PartitionId> needed = new HashSet<>(lost().keySet());
        partitions.forEach((id, partition) -> {
            if (isOnlyHere(partition.metadata().record())) {
                needed.add(id);
            }
        });
        reconciler.holdings().forEach((id, holding) -> {
            if (isOnlyHere(holding.record())) {
                needed.add(id);
            }
        });
        return needed;
    }

    private boolean isOnlyHere(@Nullable PartitionRecord record) {
        return record != null
                && Stream.concat(
                                record.sealed().stream().map(SealedSegment::ensemble),
                                Stream.ofNullable(record.open()).map(OpenSegment::ensemble))
                        .anyMatch(ensemble -> ensemble.contains(context.self()) && !owners.isElsewhere(ensemble));
    }

    /** Takes every partition out of service, as it is; stops the journal and closes the files. */
    @Override
    public void close() {
        reconciler.stop();
        for (Partition partition : partitions.values()) {
            partition.close(
                    new NotLeaderOrFollowerException("broker " + context.self().broker() + " stops"));
        }
        context.journal().close();
        context.openFiles().close();
    }
}
