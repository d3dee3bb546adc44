package io.varve.log;

import io.varve.cluster.Owners;
import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord;
import io.varve.cluster.PartitionRecords.Versioned;
import io.varve.cluster.PartitionTransitions;
import io.varve.cluster.Topic;
import io.varve.cluster.TopicRegistry;
import io.varve.metadata.MetadataException;
import io.varve.replica.CopyEnd;
import io.varve.replica.ReplicaException;
import io.varve.replica.SegmentId;
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
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.LeaderNotAvailableException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Makes what this broker serves what it ought to own: takes partitions over, brings those of earlier runs back, takes out of service what
 * is another's now. Each partition by itself, so that one that cannot be recovered keeps no other from serving. Thread-safe.
 */
final class Reconciler {
    private static final Logger LOG = Logger.getLogger(Reconciler.class);
    private static final int PARALLEL = 32;
    private static final long RETRY_MILLIS = 2_000;
    private static final long UPLOAD_RETRY_MILLIS = 100;

    private final LogContext context;
    private final PartitionRecovery recovery;
    private final TopicRegistry topics;
    private final Owners owners;
    private final OwnerBalance balance;
    private final Function<Topic, LogConfig> configs;
    private final Map<PartitionId, Partition> partitions;
    private final Map<PartitionId, Holding> holdings = new ConcurrentHashMap<>();
    private final Map<PartitionId, String> lost = new ConcurrentHashMap<>();

    /** A partition is dealt with by one thread at a time: two of them would write to the same files. */
    private final Map<PartitionId, ReentrantLock> monitors = new ConcurrentHashMap<>();

    /** Bounds the work on files and stores, whatever comes at once. */
    private final Semaphore atOnce = new Semaphore(PARALLEL);

    private final Fences fences = new Fences();

    /** Those that will be looked at again after a while. */
    private final Set<PartitionId> awaited = ConcurrentHashMap.newKeySet();

    /** What the log was told of those that are lost, so that each try does not say it again. */
    private final Map<PartitionId, String> said = new ConcurrentHashMap<>();

    /** Those of which a sync has failed in this life. */
    private final Set<PartitionId> untrusted = ConcurrentHashMap.newKeySet();

    private volatile boolean stopped;

    /**
     * @param balance is told what is about to be opened
     * @param partitions where those that are served go
     */
    Reconciler(
            LogContext context,
            PartitionRecovery recovery,
            TopicRegistry topics,
            Owners owners,
            OwnerBalance balance,
            Function<Topic, LogConfig> configs,
            Map<PartitionId, Partition> partitions) {
        this.context = context;
        this.recovery = recovery;
        this.topics = topics;
        this.owners = owners;
        this.balance = balance;
        this.configs = configs;
        this.partitions = partitions;
    }

    /** Partitions that ought to be served here and are not available, and why. */
    Map<PartitionId, String> lost() {
        return lost;
    }

    /** What this disk has of partitions of others. */
    Map<PartitionId, Holding> holdings() {
        return holdings;
    }

    /** The partition is gone: nothing of it stays. */
    void forget(PartitionId id) {
        lost.remove(id);
        monitors.remove(id);
        fences.forget(id);
        untrusted.remove(id);
        said.remove(id);
        Holding holding = holdings.remove(id);
        if (holding != null) {
            context.blocking().execute(holding::discard);
        }
    }

    /** Nothing is taken over from now on. */
    void stop() {
        stopped = true;
    }

    /** Brings every partition of every topic back that is this broker's, and removes the files of topics that are gone. Blocks. */
    void all() {
        List<CompletableFuture<Void>> done = new ArrayList<>();
        Set<PartitionId> known = new HashSet<>();
        for (Topic topic : topics.all()) {
            for (int index = 0; index < topic.partitions(); index++) {
                PartitionId id = new PartitionId(topic.id(), index);
                known.add(id);
                done.add(CompletableFuture.runAsync(() -> reconcile(id, owners::versioned), context.blocking()));
            }
        }
        done.forEach(CompletableFuture::join);
        for (PartitionId id : context.files().partitions()) {
            if (!known.contains(id)) {
                LOG.infof("removing the files of a partition whose topic is gone. partition=%s", id);
                context.files().delete(id);
            }
        }
        LOG.infof(
                "partitions recovered. partitions=%d unavailable=%d held_for_others=%d",
                partitions.size(), lost.size(), holdings.size());
    }

    /** Looks at a partition in the background: its owner may have changed, or its topic may allow now to give up what is lost. */
    void later(PartitionId id) {
        context.blocking().execute(() -> reconcile(id, context.records()::get));
    }

    /** Where the record comes from; throws what the metadata store throws. */
    private interface RecordSource {
        Optional<Versioned> get(PartitionId id);
    }

    private void reconcile(PartitionId id, RecordSource records) {
        ReentrantLock monitor = monitor(id);
        monitor.lock();
        try {
            Topic topic = topics.byId(id.topicId()).orElse(null);
            if (stopped || topic == null) {
                return;
            }
            boolean mine = owners.ownerOf(id) == context.self().broker();
            Partition serving = partitions.get(id);
            if ((mine && serving != null && !mayOpenAgain(serving)) || untrusted.contains(id)) {
                return;
            }
            atOnce.acquireUninterruptibly();
            try {
                if (serving != null) {
                    retire(id, serving);
                }
                if (mine) {
                    openOrHold(id, topic, records);
                } else {
                    hold(id, topic, records);
                }
            } catch (NotYetException e) {
                String words = String.valueOf(e.getMessage());
                lost.put(id, words);
                if (!words.equals(said.put(id, words))) {
                    LOG.infof("waiting. partition=%s for=%s", id, words);
                }
                again(id, UPLOAD_RETRY_MILLIS);
            } catch (ObjectStoreException | MetadataException e) {
                lost.put(id, "waiting for the object store or the metadata store: " + e.getMessage());
                LOG.warnf(
                        "cannot recover yet, will try again: a store is away. partition=%s cause=%s",
                        id, e.getMessage());
                if (!(e instanceof MetadataException m && m.kind() == MetadataException.Kind.CLOSED)) {
                    again(id, RETRY_MILLIS);
                }
            } catch (NotLeaderOrFollowerException e) {
                LOG.debugf("another broker was quicker, or its owner lives. partition=%s cause=%s", id, e.getMessage());
                again(id, RETRY_MILLIS);
            } catch (LogException e) {
                unreadable(id, e);
            } finally {
                atOnce.release();
            }
        } finally {
            monitor.unlock();
        }
    }

    /** After a failed sync nothing is tried again, since what the kernel still holds cannot be trusted (rule 9); a full disk only has to get room. */
    private void unreadable(PartitionId id, LogException cause) {
        String words = String.valueOf(cause.getMessage());
        lost.put(id, words);
        boolean isNew = !words.equals(said.put(id, words));
        context.disk().refresh();
        if (cause instanceof UnsyncedException) {
            untrusted.add(id);
        }
        if (cause instanceof UnsyncedException || context.disk().level() == DiskSpace.Level.ENOUGH) {
            LOG.errorf(
                    cause,
                    "partition unavailable: it cannot be read from this disk. Check the disk, then restart the broker. "
                            + "partition=%s",
                    id);
            return;
        }
        if (isNew) {
            LOG.errorf(
                    "partition unavailable: the disk is full. Make room, and it is tried again. partition=%s cause=%s",
                    id, words);
        }
        again(id, RETRY_MILLIS);
    }

    /**
     * Whether a partition that is here may be opened anew: another broker had it in between, or part of it was lost and may be back, or may
     * be given up now. One whose disk has failed stays out of service: what the kernel still holds cannot be trusted (rule 9).
     */
    private boolean mayOpenAgain(Partition serving) {
        return serving.isDeposed() || lost.containsKey(serving.id());
    }

    private void openOrHold(PartitionId id, Topic topic, RecordSource records) {
        try {
            Versioned known = records.get(id).orElse(null);
            if (known != null && isRegistered(known.record().owner())) {
                // Before anybody is fenced for it: the news that its owner is back are on their way.
                hold(id, topic, records);
                return;
            }
            open(id, topic, known);
        } catch (NotYetException e) {
            // Another may wait for what is here, as this one does for what is there.
            hold(id, topic, records);
            throw e;
        }
    }

    private boolean isRegistered(int owner) {
        return owner != context.self().broker() && context.records().isRegistered(owner);
    }

    private void open(PartitionId id, Topic topic, @Nullable Versioned known) {
        Versioned before = known == null ? claimed(id) : known;
        PartitionRecord record = before == null ? null : before.record();
        if (record != null && owners.ownerOf(id, record) != context.self().broker()) {
            // The news of it is on its way.
            return;
        }
        balance.opens(id);
        LogConfig config = configs.apply(topic);
        if (record != null) {
            fences.raise(id, PartitionTransitions.nextEpoch(record));
        }
        PartitionRecovery.Recovered found = recovery.recover(
                id, before, holdings.get(id), config.indexInterval, config.uncleanLeaderElectionEnable);
        if (found.lost() != null) {
            Partition partition =
                    new Partition(id, topic, config, found.record(), found.producers(), found.locals(), context);
            refuse(partition, found.lost());
            partitions.put(id, partition);
            if (record != null
                    && record.open() != null
                    && record.open().ensemble().size() > 1) {
                // One that has it may live and not have been reached.
                again(id, RETRY_MILLIS);
            }
            return;
        }
        Versioned owned = owned(id, found.record());
        if (record != null && owned != null && record.owner() != owned.record().owner()) {
            LOG.infof(
                    "took a partition over. partition=%s epoch=%d from=%d",
                    id, owned.record().epoch(), record.owner());
        }
        Holding held = holdings.remove(id);
        if (held != null) {
            held.endCopies();
        }
        recovery.keepOnly(id, found.locals());
        Partition partition = new Partition(id, topic, config, owned, found.producers(), found.locals(), context);
        partitions.put(id, partition);
        lost.remove(id);
        said.remove(id);
        partition.locals().submitSealed();
    }

    /**
     * A partition without a record, of which there is a copy here: another broker takes itself for the owner and is about to name this one as a member.
     * One of the two must find its epoch over before a file is touched.
     */
    private @Nullable Versioned claimed(PartitionId id) {
        Holding holding = holdings.get(id);
        if (holding == null || !holding.hasCopies()) {
            return null;
        }
        int self = context.self().broker();
        return context.records()
                .update(id, now -> now == null ? PartitionTransitions.claim(self) : now)
                .orElse(null);
    }

    /** Makes this broker the owner if another was. */
    private @Nullable Versioned owned(PartitionId id, @Nullable Versioned found) {
        int self = context.self().broker();
        if (found == null || found.record().owner() == self) {
            return found;
        }
        return context.records()
                .updateUnlessRegistered(
                        found.record().owner(),
                        id,
                        now -> now == null
                                ? null
                                : PartitionTransitions.takeOver(
                                        now, found.record().epoch(), self))
                .orElseThrow(() -> new NotLeaderOrFollowerException("the record of partition " + id + " is gone"));
    }

    /** Takes a partition out of service. What was appended to it and is named nowhere goes: none of it was acknowledged. */
    private void retire(PartitionId id, Partition serving) {
        serving.close(new NotLeaderOrFollowerException("partition " + serving + " is another broker's now"));
        // A change that was under way may still name a segment; none begins from here on. What the record says then
        // decides which files go: when
        // it cannot be read, none does, and all of this is tried again.
        serving.metadata().awaitQuiet();
        PartitionRecord record = context.records().getRecord(id).orElse(null);
        partitions.remove(id);
        serving.locals().keepOnly(record, context.self());
        if (!holdings.containsKey(id)) {
            hold(id, new Holding(serving.metadata(), serving.locals()));
        }
    }

    /** The partition is another's: what this disk has of it is looked after here. */
    private void hold(PartitionId id, Topic topic, RecordSource records) {
        lost.remove(id);
        Holding there = holdings.get(id);
        if (there != null) {
            follow(id, there);
            return;
        }
        if (!context.files().has(id) && !isCountedOn(id)) {
            return;
        }
        Versioned known = records.get(id).orElse(null);
        List<LocalSegment> sealed =
                known == null ? List.of() : recovery.held(id, known.record(), configs.apply(topic).indexInterval);
        hold(id, holding(id, topic, known, sealed));
    }

    /** Whether others wait for this disk to upload something: one whose machine lost its power may not even have a folder for it any more. */
    private boolean isCountedOn(PartitionId id) {
        return owners.record(id)
                .filter(record -> record.isSealedOn(context.self()))
                .isPresent();
    }

    private Holding holding(PartitionId id, Topic topic, @Nullable Versioned known, List<LocalSegment> sealed) {
        PartitionMetadata metadata =
                new PartitionMetadata(id, context.records(), known, context.time(), context.random());
        return new Holding(metadata, new LocalSegments(id, () -> topic, metadata, sealed, context));
    }

    private void hold(PartitionId id, Holding holding) {
        holdings.put(id, holding);
        holding.upload();
    }

    private void follow(PartitionId id, Holding holding) {
        int indexInterval = topics.byId(id.topicId())
                .map(topic -> configs.apply(topic).indexInterval)
                .orElse(OpenCopies.DEFAULT_INDEX_INTERVAL);
        owners.versioned(id).ifPresent(holding::saw);
        if (!holding.follow(
                context.self(),
                (record, segment, locals) -> recovery.reopen(id, record, segment, locals, indexInterval))) {
            holdings.remove(id);
            holding.discard();
        }
    }

    /** Looks after what is here of the partitions of others. Blocks. */
    void tidyHoldings() {
        holdings.forEach((id, holding) -> {
            try {
                exclusively(id, () -> {
                    if (holdings.get(id) == holding && !untrusted.contains(id)) {
                        follow(id, holding);
                    }
                    return holding;
                });
            } catch (UnsyncedException e) {
                unreadable(id, e);
            } catch (MetadataException | ObjectStoreException | NotYetException | LogException e) {
                LOG.warnf(
                        "cannot look after a held partition, will try again. partition=%s cause=%s",
                        id, e.getMessage());
            }
        });
    }

    private ReentrantLock monitor(PartitionId id) {
        return monitors.computeIfAbsent(id, _ -> new ReentrantLock());
    }

    /** Runs {@code step} while nothing else is done to the partition. Blocks. */
    <T> T exclusively(PartitionId id, Supplier<T> step) {
        ReentrantLock monitor = monitor(id);
        monitor.lock();
        try {
            return step.get();
        } finally {
            monitor.unlock();
        }
    }

    /**
     * What this disk has of a partition whose owner wants a copy here; if it is served here, its owner has changed. Called within
     * {@link #exclusively}. Blocks.
     *
     * @throws ReplicaException when the owner's epoch is over
     */
    Holding holdingFor(SegmentId segment, Topic topic) {
        PartitionId id = segment.partition();
        if (stopped) {
            throw new ReplicaException("broker " + context.self().broker() + " stops");
        }
        if (untrusted.contains(id)) {
            throw new ReplicaException(
                    "the disk of broker " + context.self().broker() + " has failed: check it, then restart the broker");
        }
        if (fences.refuses(id, segment.epoch())) {
            throw new ReplicaException("epoch " + segment.epoch() + " of partition " + id + " is over");
        }
        Partition serving = partitions.get(id);
        if (serving != null && serving.leaderEpoch() >= segment.epoch()) {
            throw new ReplicaException("broker " + context.self().broker() + " owns partition " + id + " under epoch "
                    + serving.leaderEpoch());
        }
        if (serving != null) {
            retire(id, serving);
        }
        hold(id, topic, context.records()::get);
        Holding holding = holdings.computeIfAbsent(id, _ -> holding(id, topic, null, List.of()));
        PartitionRecord record = holding.record();
        if (record != null && segment.epoch() < record.epoch()) {
            throw new ReplicaException(
                    "epoch " + segment.epoch() + " of partition " + id + " is over: its record has " + record.epoch());
        }
        return holding;
    }

    /**
     * Refuses lower epochs of a partition from now on (rule 4). Waits for nothing that is done to the partition here: two brokers that look for
     * the end of the same segment fence each other.
     *
     * @return where this disk's copy of {@code segment} ends; empty when it has none
     * @throws ReplicaException when this broker serves the partition itself
     */
    Optional<CopyEnd> fence(SegmentId segment, int epoch) {
        PartitionId id = segment.partition();
        if (partitions.containsKey(id) && !lost.containsKey(id)) {
            throw new ReplicaException("broker " + context.self().broker() + " serves partition " + id + " itself");
        }
        fences.raise(id, epoch);
        return recovery.endHere(segment, holdings.get(id), OpenCopies.DEFAULT_INDEX_INTERVAL);
    }

    /** Looks at it again after a while; one such look is waited for at a time. */
    private void again(PartitionId id, long millis) {
        if (awaited.add(id)) {
            context.blocking().execute(() -> {
                context.time().sleep(millis);
                awaited.remove(id);
                reconcile(id, context.records()::get);
            });
        }
    }

    private void refuse(Partition partition, String words) {
        lost.put(partition.id(), words);
        if (!words.equals(said.put(partition.id(), words))) {
            LOG.errorf(
                    "partition unavailable: part of it is on no disk that is here. Bring the disk back, or set "
                            + "unclean.leader.election.enable=true on the topic to give it up. partition=%s lost=%s",
                    partition, words);
        }
        partition.close(new LeaderNotAvailableException("partition " + partition + " is unavailable: " + words));
    }
}
