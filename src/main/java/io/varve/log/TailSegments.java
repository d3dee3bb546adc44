package io.varve.log;

import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord;
import io.varve.cluster.PartitionRecord.Member;
import io.varve.cluster.PartitionRecord.SealedSegment;
import io.varve.cluster.PartitionTransitions;
import io.varve.replica.SegmentId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The end of a partition: its open segment and, while the record still calls it open, the one before. Opens, rolls and seals (rule 5):
 * a file takes appends at once, and the compare-and-swap that names it follows in the background.
 *
 * <p>All but {@link #epoch} is called under the partition's lock, unless a method says that it blocks.
 */
final class TailSegments {
    private static final Logger LOG = Logger.getLogger(TailSegments.class);

    /** Sealed segments that are not offloaded: about 0.3 KiB each in a record of at most 1 MiB. */
    static final int MAX_SEALED = 1_500;

    private final PartitionId id;
    private final LogContext context;
    private final PartitionMetadata metadata;
    private final LocalSegments locals;
    private final HighWatermark highWatermark;
    private final EnsembleChoice choice;
    private final Host host;
    private final ReentrantLock lock;
    private final Condition settled;

    /** The open segment; null when nothing was appended since the last one was sealed. */
    private @Nullable Tail open;

    /** The segment before {@link #open} while the record still calls it open. */
    private @Nullable Tail sealing;

    /** Nothing that is under way will be confirmed any more. Written under the lock. */
    private volatile boolean abandoned;

    private volatile int epoch;

    /** On how many brokers what becomes safe now is. What was safe before the first segment of this owner needs nobody. */
    private volatile int confirmedInSync = Integer.MAX_VALUE;

    /** Whether the newest segment was begun on other brokers as well: the record may name them before that is known here. */
    private volatile boolean hasCopies;

    /** What it needs of its partition. */
    interface Host extends Tail.Owner {
        LogConfig config();

        /** The producer states as of now, encoded. Called under the lock. */
        byte[] producers();

        /** A copy of {@code tail} has something to say: {@code change} is to be run under the lock, {@link #onCopies} after it. */
        void onCopy(Tail tail, Runnable change);

        /** An open or a seal cannot be done: the partition is out of service. Called without the lock. */
        void fail(RuntimeException cause);
    }

    /** @param lock the partition's */
    TailSegments(
            PartitionId id,
            LogContext context,
            PartitionMetadata metadata,
            LocalSegments locals,
            HighWatermark highWatermark,
            EnsembleChoice choice,
            Host host,
            ReentrantLock lock) {
        this.id = id;
        this.context = context;
        this.metadata = metadata;
        this.locals = locals;
        this.highWatermark = highWatermark;
        this.choice = choice;
        this.host = host;
        this.lock = lock;
        this.settled = lock.newCondition();
        PartitionRecord record = metadata.record();
        this.epoch = record == null ? 0 : record.epoch();
    }

    /** The leader epoch that appends get. */
    int epoch() {
        return epoch;
    }

    /** Whether {@code tail} takes the appends. */
    boolean isOpen(Tail tail) {
        return tail == open;
    }

    /**
     * How many brokers an append would be on: the owner, and the members that are there.
     *
     * @throws NotEnoughReplicasException when they are fewer than {@code wanted}
     */
    void requireInSync(int wanted) {
        if (wanted <= 1) {
            // The owner is there.
            return;
        }
        int here = inSync();
        if (here >= wanted) {
            return;
        }
        if (open != null && isSettled() && choice.next().size() > here) {
            renew(open);
        }
        if (inSync() < wanted) {
            throw new NotEnoughReplicasException("partition " + id + " has " + inSync() + " of min.insync.replicas="
                    + wanted + " brokers for its open segment");
        }
    }

    /** On how many brokers what has just become safe is. Needs no lock. */
    int confirmedInSync() {
        return confirmedInSync;
    }

    /** Whether other brokers have the newest segment, or are about to be named as having it. Needs no lock. */
    boolean hasCopies() {
        return hasCopies;
    }

    private int inSync() {
        Tail tail = open;
        return tail == null ? choice.next().size() : tail.copies.inSync();
    }

    /**
     * The segment for an append at {@code logEndOffset}: opens the first one and rolls a full one.
     *
     * @throws KafkaStorageException when the open segment is as large as a file may be and the one before is not sealed yet
     */
    Tail forAppend(long logEndOffset, int bytes, int records) {
        if (open == null) {
            return openFirst(logEndOffset);
        }
        LogConfig config = host.config();
        LocalSegment segment = open.segment;
        boolean full =
                segment.size() > 0 && (segment.size() + (long) bytes > config.segmentSize() || isDue(open, config));
        if (open.copies.hasLost() && isSettled()) {
            // It should have been left out at once, and the disk had no room.
            renew(open);
            return open;
        }
        if (full && mayRoll()) {
            return roll(open);
        }
        if (segment.size() + (long) bytes > Integer.MAX_VALUE
                || logEndOffset + records - segment.baseOffset() > Integer.MAX_VALUE) {
            throw new KafkaStorageException("the open segment of partition " + id
                    + " is as large as it can be and cannot be sealed: the metadata store is away, or too many sealed segments"
                    + " wait for the object store");
        }
        return open;
    }

    /**
     * Whether the open segment may be sealed now. With the object store away for days the list of sealed segments must not outgrow what
     * the metadata store takes as one value: beyond the bound the open segment grows instead.
     */
    private boolean mayRoll() {
        PartitionRecord record = metadata.record();
        return isSettled() && (record == null || record.sealed().size() < MAX_SEALED);
    }

    /** Whether the record names the open segment, and no other as open. */
    private boolean isSettled() {
        return sealing == null && (open == null || open.confirmed);
    }

    private boolean isDue(Tail candidate, LogConfig config) {
        return candidate.firstAppendMillis >= 0
                && context.time().milliseconds() - candidate.firstAppendMillis
                        >= config.segmentMs - candidate.jitterMillis;
    }

    private Tail openFirst(long logEndOffset) {
        int next = PartitionTransitions.nextEpoch(metadata.record());
        List<Member> ensemble = choice.next();
        byte[] snapshot = host.producers();
        return open(create(next, logEndOffset, ensemble, snapshot), ensemble, snapshot, PartitionTransitions::open);
    }

    private LocalSegment create(int segmentEpoch, long baseOffset, List<Member> ensemble, byte[] snapshot) {
        return LocalSegment.create(
                id,
                SegmentState.start(segmentEpoch, context.boot(), baseOffset, snapshot),
                ensemble.size() > 1,
                context.files().log(id, baseOffset),
                context.openFiles(),
                host.config().indexInterval);
    }

    /** How the record comes to name a new segment, without sealing another. */
    private interface Opening {
        PartitionRecord apply(@Nullable PartitionRecord record, int epoch, List<Member> ensemble);
    }

    private Tail open(LocalSegment segment, List<Member> ensemble, byte[] snapshot, Opening opening) {
        Tail opened = newTail(segment, ensemble, snapshot);
        locals.add(segment);
        open = opened;
        epoch = segment.epoch();
        context.blocking().execute(() -> confirmOpen(opened, opening));
        return opened;
    }

    private Tail newTail(LocalSegment segment, List<Member> ensemble, byte[] snapshot) {
        Copies copies = new Copies(context.self());
        Tail tail = new Tail(segment, copies, host.config().randomSegmentJitter(), metadata.record() == null, host);
        SegmentId name = new SegmentId(id, segment.baseOffset(), segment.epoch());
        hasCopies = ensemble.size() > 1;
        copies.open(context.replicator(), name, snapshot, ensemble, change -> host.onCopy(tail, change));
        tail.settle();
        return tail;
    }

    /** Blocks, without the lock. */
    private void confirmOpen(Tail opened, Opening opening) {
        try {
            opened.segment.syncName();
            opened.answered.join();
            List<Member> ensemble = ensemble(opened);
            metadata.change(record -> {
                requireKept();
                return opening.apply(record, opened.segment.epoch(), ensemble);
            });
            confirm(opened, ensemble, null);
            catchUp(opened);
        } catch (RuntimeException e) {
            host.fail(e);
        }
    }

    /** Syncs what the journal has not got of the first segment of a partition. */
    private void catchUp(Tail opened) {
        long endOffset;
        int size;
        lock.lock();
        try {
            if (!opened.isBehindJournal()) {
                return;
            }
            endOffset = opened.segment.endOffset();
            size = opened.segment.size();
        } finally {
            lock.unlock();
        }
        try {
            opened.segment.sync();
        } catch (IOException e) {
            throw new LogException("cannot sync " + opened.segment.path(), e);
        }
        List<CompletableFuture<Void>> safe;
        lock.lock();
        try {
            opened.synced(endOffset, size);
            safe = onCopies(opened);
        } finally {
            lock.unlock();
        }
        highWatermark.publish(safe);
    }

    private void requireKept() {
        if (abandoned) {
            throw new NotLeaderOrFollowerException("partition " + id + " is not served by this broker any more");
        }
    }

    private List<Member> ensemble(Tail tail) {
        lock.lock();
        try {
            return tail.copies.ensemble();
        } finally {
            lock.unlock();
        }
    }

    /** Goes on with another ensemble: behind what there is, or in place of a segment that is still empty. */
    private void renew(Tail current) {
        if (current.segment.size() > 0) {
            roll(current);
            return;
        }
        current.copies.close();
        List<Member> ensemble = choice.next();
        byte[] snapshot = host.producers();
        SegmentState start = SegmentState.start(epoch + 1, context.boot(), current.segment.baseOffset(), snapshot);
        LocalSegment segment = LocalSegment.inPlaceOfEmpty(current.segment, start, ensemble.size() > 1);
        open(
                segment,
                ensemble,
                snapshot,
                (record, next, members) ->
                        PartitionTransitions.openInPlaceOfEmpty(requireRecord(record), next, members));
    }

    /** Seals {@code full} at the log end and opens the next segment; acks of what follows wait for the record to say so. */
    private Tail roll(Tail full) {
        byte[] snapshot = host.producers();
        List<Member> ensemble = choice.next();
        LocalSegment segment = create(epoch, full.segment.endOffset(), ensemble, snapshot);
        try {
            full.segment.seal(snapshot);
        } catch (LogException e) {
            // The disk has no room for the index: nothing has changed, and the next append tries again.
            segment.delete();
            throw e;
        }
        Tail next = newTail(segment, ensemble, snapshot);
        locals.add(segment);
        sealing = full;
        open = next;
        full.close();
        context.blocking().execute(() -> finishSeal(full, next, PartitionRecord.NO_OWNER));
        return next;
    }

    /**
     * Writes the seal to the record. Rule 5: the end that gets sealed covers only what all the copies that it names have, or what is on disk,
     * so that a crash cannot leave less than the record promises. Blocks, without the lock.
     *
     * @param successor who owns the partition from then on; {@link PartitionRecord#NO_OWNER} when that does not change
     */
    private void finishSeal(Tail full, @Nullable Tail next, int successor) {
        try {
            full.complete.join();
            if (next != null) {
                next.segment.syncName();
                next.answered.join();
            }
            List<Member> holders = ensemble(full);
            if (holders.size() == 1 && !full.journaled) {
                // It had copies and has none now.
                full.segment.sync();
            }
            List<Member> ensemble = next == null ? List.of() : ensemble(next);
            SealedSegment sealed = full.segment.describe(holders);
            metadata.change(record -> handedOver(
                    requireRecord(record),
                    full.segment.epoch(),
                    successor,
                    sealed.endOffset(),
                    now -> PartitionTransitions.seal(now, full.segment.epoch(), sealed, ensemble)));
            confirm(next, ensemble, full);
            context.metrics().segmentsSealed.increment();
            if (full.segment.size() > 0) {
                locals.offload(full.segment, sealed);
            }
        } catch (IOException e) {
            host.fail(new LogException("cannot sync " + full.segment.path(), e));
        } catch (RuntimeException e) {
            host.fail(e);
        }
    }

    /**
     * The step, and with it the change of the owner; also when both were made by a try whose outcome was not known. The successor may have taken over
     * by itself meanwhile, from a copy that ends sooner: what it has not got must not become safe here (rule 3).
     *
     * @param end of the partition when it is handed over
     */
    private PartitionRecord handedOver(
            PartitionRecord record, int epoch, int successor, long end, UnaryOperator<PartitionRecord> step) {
        if (successor == PartitionRecord.NO_OWNER) {
            return step.apply(record);
        }
        boolean isDone = record.epoch() == epoch + 1
                && record.owner() == successor
                && record.open() == null
                && record.endOffset() == end;
        return isDone ? record : PartitionTransitions.handOver(step.apply(record), epoch, successor);
    }

    /** Asked within each change: one that begins after the partition was given up must not name what is removed meanwhile. */
    private PartitionRecord requireRecord(@Nullable PartitionRecord record) {
        requireKept();
        if (record == null) {
            throw new UnknownTopicOrPartitionException("the partition record is gone: the topic was deleted");
        }
        return record;
    }

    /**
     * The record has taken the step: names {@code opened} as open and {@code sealed} as sealed. Without the lock.
     *
     * @param ensemble of {@code opened}
     */
    private void confirm(@Nullable Tail opened, List<Member> ensemble, @Nullable Tail sealed) {
        List<CompletableFuture<Void>> safe = new ArrayList<>();
        lock.lock();
        try {
            sealing = null;
            if (sealed != null) {
                sealed.seal();
                choice.kept(sealed.copies.ensemble());
                safe.addAll(highWatermark.follow(sealed));
            }
            if (opened != null) {
                hasCopies = ensemble.size() > 1;
                opened.confirm(ensemble, host.config().flushInterval != Long.MAX_VALUE);
                // What was reported while the record was being written.
                safe.addAll(onCopies(opened));
            }
            settled.signalAll();
        } finally {
            lock.unlock();
        }
        highWatermark.publish(safe);
    }

    /**
     * Something is new about the copies of {@code tail}: leaves out who is lost (rule 5).
     *
     * @return what has become safe, to be published by the caller
     */
    List<CompletableFuture<Void>> onCopies(Tail tail) {
        Set<Member> lost = tail.copies.takeLost();
        context.metrics().membersLost.increment(lost.size());
        choice.lost(lost);
        tail.settle();
        if (open != null && open.confirmed) {
            confirmedInSync = open.copies.inSync();
        }
        List<CompletableFuture<Void>> safe = advance();
        if (open != null && !abandoned && isSettled() && open.copies.hasLost()) {
            try {
                renew(open);
            } catch (LogException e) {
                LOG.errorf(
                        e,
                        "cannot leave a lost member out yet: appends are not acknowledged until the disk takes it. partition=%s",
                        id);
            }
        }
        return safe;
    }

    /** Moves the high watermark to where it may be now; the caller publishes what is returned. */
    List<CompletableFuture<Void>> advance() {
        if (sealing != null) {
            sealing.settle();
        }
        Tail current = sealing != null ? sealing : open;
        List<CompletableFuture<Void>> safe = highWatermark.follow(current);
        if (current != null) {
            current.copies.advance(highWatermark.current().offset());
        }
        return safe;
    }

    /**
     * Rolls the open segment when {@code segment.ms} has passed since its first append, or all of it is past retention, or when other brokers should
     * have copies than do.
     */
    void rollIfDue() {
        if (open == null || !mayRoll() || abandoned) {
            return;
        }
        LogConfig config = host.config();
        long newest = open.segment.maxTimestamp();
        boolean expired =
                config.retentionMs >= 0 && newest >= 0 && context.time().milliseconds() - newest > config.retentionMs;
        if (open.copies.hasLost() || isEnsembleDue(open.copies.ensemble(), choice.next())) {
            renew(open);
        } else if (open.segment.size() > 0 && (expired || isDue(open, config))) {
            roll(open);
        }
    }

    /** Of a member whose registration is gone for a moment its connection says whether it is there. */
    private boolean isEnsembleDue(List<Member> now, List<Member> next) {
        return !now.containsAll(next)
                || now.stream()
                        .anyMatch(member ->
                                !next.contains(member) && context.owners().isLive(member));
    }

    /**
     * Seals the open segment for good: the caller lets no append in after it. Blocks (waiting gives the lock up) until earlier opens and
     * seals are settled.
     *
     * @param successor who owns the partition from then on, or {@link PartitionRecord#NO_OWNER}
     * @return what remains to be done, blocking, without the lock; null when there is nothing to seal
     */
    @Nullable
    Runnable sealLast(int successor) throws InterruptedException {
        while (!abandoned && !isSettled()) {
            settled.await();
        }
        Tail last = open;
        if (abandoned) {
            return null;
        }
        if (last == null) {
            return metadata.record() == null || successor == PartitionRecord.NO_OWNER ? null : () -> giveTo(successor);
        }
        last.segment.seal(host.producers());
        sealing = last;
        open = null;
        last.close();
        return () -> finishSeal(last, null, successor);
    }

    /** Blocks, without the lock. */
    private void giveTo(int successor) {
        try {
            PartitionRecord known = metadata.record();
            long end = known == null ? 0 : known.endOffset();
            metadata.change(record -> handedOver(requireRecord(record), epoch, successor, end, now -> now));
        } catch (RuntimeException e) {
            host.fail(e);
        }
    }

    /** The partition has failed or was closed: whoever waits for a confirmation goes on. */
    void abandon(RuntimeException cause) {
        abandoned = true;
        if (open != null) {
            open.abandon(cause);
        }
        if (sealing != null) {
            sealing.abandon(cause);
        }
        settled.signalAll();
    }
}
