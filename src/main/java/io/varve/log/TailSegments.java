package io.varve.log;

import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord;
import io.varve.cluster.PartitionRecord.SealedSegment;
import io.varve.cluster.PartitionTransitions;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.jspecify.annotations.Nullable;

/**
 * The end of a partition: its open segment and, while the record still calls it open, the one before. Opens, rolls and seals (rule 5):
 * a file takes appends at once, and the compare-and-swap that names it follows in the background.
 *
 * <p>All but {@link #epoch} is called under the partition's lock, unless a method says that it blocks.
 */
final class TailSegments {
    /** Sealed segments that are not offloaded: about 0.3 KiB each in a record of at most 1 MiB. */
    static final int MAX_SEALED = 1_500;

    private final PartitionId id;
    private final LogContext context;
    private final PartitionMetadata metadata;
    private final LocalSegments locals;
    private final HighWatermark highWatermark;
    private final Supplier<byte[]> producers;
    private final Tail.Owner journalEvents;
    private final Consumer<RuntimeException> onFailure;
    private final ReentrantLock lock;
    private final Condition settled;

    /** The open segment; null when nothing was appended since the last one was sealed. */
    private @Nullable Tail open;

    /** The segment before {@link #open} while the record still calls it open. */
    private @Nullable Tail sealing;

    /** Nothing that is under way will be confirmed any more. */
    private boolean abandoned;

    private volatile int epoch;

    /**
     * @param lock the partition's
     * @param producers the producer states as of now, encoded; called under the lock
     * @param onFailure hears, without the lock, of an open or a seal that cannot be done: the partition is out of service
     */
    TailSegments(
            PartitionId id,
            LogContext context,
            PartitionMetadata metadata,
            LocalSegments locals,
            HighWatermark highWatermark,
            Supplier<byte[]> producers,
            Tail.Owner journalEvents,
            Consumer<RuntimeException> onFailure,
            ReentrantLock lock) {
        this.id = id;
        this.context = context;
        this.metadata = metadata;
        this.locals = locals;
        this.highWatermark = highWatermark;
        this.producers = producers;
        this.journalEvents = journalEvents;
        this.onFailure = onFailure;
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
     * The segment for an append at {@code logEndOffset}: opens the first one and rolls a full one.
     *
     * @throws KafkaStorageException when the open segment is as large as a file may be and the one before is not sealed yet
     */
    Tail forAppend(long logEndOffset, int bytes, int records, LogConfig config) {
        if (open == null) {
            return openFirst(logEndOffset, config);
        }
        LocalSegment segment = open.segment;
        boolean full =
                segment.size() > 0 && (segment.size() + (long) bytes > config.segmentSize() || isDue(open, config));
        if (full && mayRoll()) {
            return roll(open, config);
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

    private Tail openFirst(long logEndOffset, LogConfig config) {
        int next = PartitionTransitions.nextEpoch(metadata.record());
        Tail opened = newTail(logEndOffset, next, config, producers.get());
        locals.add(opened.segment);
        open = opened;
        epoch = next;
        context.blocking().execute(() -> confirmOpen(opened));
        return opened;
    }

    private Tail newTail(long baseOffset, int segmentEpoch, LogConfig config, byte[] snapshot) {
        LocalSegment segment = LocalSegment.create(
                id,
                baseOffset,
                segmentEpoch,
                context.files().log(id, baseOffset),
                context.openFiles(),
                config.indexInterval,
                snapshot);
        return new Tail(segment, config.randomSegmentJitter(), journalEvents);
    }

    private void confirmOpen(Tail opened) {
        try {
            opened.segment.syncName();
            metadata.change(record -> PartitionTransitions.open(record, opened.segment.epoch(), context.self()));
            confirm(opened);
        } catch (RuntimeException e) {
            onFailure.accept(e);
        }
    }

    /** Seals {@code full} at the log end and opens the next segment; acks of what follows wait for the record to say so. */
    private Tail roll(Tail full, LogConfig config) {
        byte[] snapshot = producers.get();
        Tail next = newTail(full.segment.endOffset(), epoch, config, snapshot);
        try {
            full.segment.seal(snapshot);
        } catch (LogException e) {
            // The disk has no room for the index: nothing has changed, and the next append tries again.
            next.segment.delete();
            throw e;
        }
        locals.add(next.segment);
        sealing = full;
        open = next;
        CompletableFuture<Void> durable = highWatermark.await(full.segment.endOffset());
        context.blocking().execute(() -> finishSeal(full, durable, next, PartitionRecord.NO_OWNER));
        return next;
    }

    /**
     * Writes the seal to the record. Rule 5: the end that gets sealed covers only what is on disk, so that a crash cannot leave less
     * than the record promises. Blocks, without the lock.
     *
     * @param durable completes when the segment is durable to its end
     * @param successor who owns the partition from then on; {@link PartitionRecord#NO_OWNER} when that does not change
     */
    private void finishSeal(Tail full, CompletableFuture<Void> durable, @Nullable Tail next, int successor) {
        try {
            durable.join();
            if (next != null) {
                next.segment.syncName();
            }
            SealedSegment sealed = full.segment.describe(context.self());
            metadata.change(record -> handedOver(
                    requireRecord(record),
                    full.segment.epoch(),
                    successor,
                    now -> PartitionTransitions.seal(
                            now, full.segment.epoch(), sealed, next == null ? null : context.self())));
            if (next != null) {
                confirm(next);
            }
            context.metrics().segmentsSealed.increment();
            if (full.segment.size() > 0) {
                locals.offload(full.segment, sealed);
            }
        } catch (RuntimeException e) {
            onFailure.accept(e);
        }
    }

    /** The step, and with it the change of the owner; also when both were made by a try whose outcome was not known. */
    private static PartitionRecord handedOver(
            PartitionRecord record, int epoch, int successor, UnaryOperator<PartitionRecord> step) {
        if (successor == PartitionRecord.NO_OWNER) {
            return step.apply(record);
        }
        boolean isDone = record.epoch() == epoch + 1 && record.owner() == successor;
        return isDone ? record : PartitionTransitions.handOver(step.apply(record), epoch, successor);
    }

    private static PartitionRecord requireRecord(@Nullable PartitionRecord record) {
        if (record == null) {
            throw new UnknownTopicOrPartitionException("the partition record is gone: the topic was deleted");
        }
        return record;
    }

    private void confirm(Tail named) {
        List<CompletableFuture<Void>> safe;
        lock.lock();
        try {
            named.confirmed = true;
            sealing = null;
            safe = advance();
            settled.signalAll();
        } finally {
            lock.unlock();
        }
        highWatermark.publish(safe);
    }

    /** Moves the high watermark to where it may be now; the caller publishes what is returned. */
    List<CompletableFuture<Void>> advance() {
        return highWatermark.follow(sealing != null ? sealing : open);
    }

    /** Rolls the open segment when {@code segment.ms} has passed since its first append, or all of it is past retention. */
    void rollIfDue(LogConfig config) {
        if (open == null || !mayRoll() || open.segment.size() == 0) {
            return;
        }
        long newest = open.segment.maxTimestamp();
        boolean expired =
                config.retentionMs >= 0 && newest >= 0 && context.time().milliseconds() - newest > config.retentionMs;
        if (expired || isDue(open, config)) {
            roll(open, config);
        }
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
        last.segment.seal(producers.get());
        CompletableFuture<Void> durable = highWatermark.await(last.segment.endOffset());
        sealing = last;
        open = null;
        return () -> finishSeal(last, durable, null, successor);
    }

    /** Blocks, without the lock. */
    private void giveTo(int successor) {
        try {
            metadata.change(record -> handedOver(requireRecord(record), epoch, successor, now -> now));
        } catch (RuntimeException e) {
            onFailure.accept(e);
        }
    }

    /** The partition has failed or was closed: whoever waits for a confirmation goes on. */
    void abandon() {
        abandoned = true;
        settled.signalAll();
    }
}
