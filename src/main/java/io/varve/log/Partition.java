package io.varve.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.netty.util.ReferenceCounted;
import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord;
import io.varve.cluster.PartitionRecord.OffloadedSegment;
import io.varve.cluster.PartitionRecord.SealedSegment;
import io.varve.cluster.PartitionTransitions;
import io.varve.cluster.Topic;
import io.varve.log.ProducerStates.AppendedBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A partition that this broker owns: appends go to its open segment, reads come from local segments or the object store.
 *
 * <p>An append is written to the segment file and queued for the journal under one lock, so offsets, file and journal have the same
 * order. The high watermark follows the journal (rule 3) and never passes a segment that the partition record does not name yet
 * (rules 5 and 6): rolling lets appends go on at once and only their acks wait for the compare-and-swap. Thread-safe; no method
 * that serves clients blocks unless it says so.
 */
public final class Partition {
    private static final Logger LOG = Logger.getLogger(Partition.class);
    private static final CompletableFuture<Void> NOT_AWAITED = CompletableFuture.completedFuture(null);

    private final PartitionId id;
    private final LogContext context;
    private final PartitionMetadata metadata;
    private final PartitionReader reader;
    private final Tail.Owner journalEvents = new JournalEvents();
    private final CopyOnWriteArrayList<Runnable> advanceListeners = new CopyOnWriteArrayList<>();

    /** Every segment with a local file, by base offset, the open one included. */
    private final ConcurrentSkipListMap<Long, LocalSegment> locals = new ConcurrentSkipListMap<>();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition settled = lock.newCondition();

    @GuardedBy("lock")
    private final ProducerStates producers;

    @GuardedBy("lock")
    private final PendingAcks acks = new PendingAcks();

    /** The open segment; null when nothing was appended since the last one was sealed. */
    @GuardedBy("lock")
    private @Nullable Tail tail;

    /** The segment before {@link #tail} while the record still calls it open. */
    @GuardedBy("lock")
    private @Nullable Tail sealing;

    /** Whether the partition has failed or was closed: what is under way will not end. */
    @GuardedBy("lock")
    private boolean closed;

    private volatile Topic topic;
    private volatile LogConfig config;
    private volatile int epoch;
    private volatile long logEndOffset;
    private volatile Watermark watermark;
    private volatile @Nullable ApiException unavailable;

    Partition(
            PartitionId id,
            Topic topic,
            LogConfig config,
            @Nullable PartitionRecord record,
            ProducerStates producers,
            List<LocalSegment> recovered,
            LogContext context) {
        this.id = id;
        this.topic = topic;
        this.config = config;
        this.context = context;
        this.producers = producers;
        this.metadata = new PartitionMetadata(id, context.records(), record, context.time());
        this.reader = new PartitionReader(this, metadata, context.remote(), context.metrics());
        this.epoch = record == null ? 0 : record.epoch();
        this.logEndOffset = record == null ? 0 : record.endOffset();
        this.watermark = new Watermark(logEndOffset, -1, 0);
        for (LocalSegment segment : recovered) {
            locals.put(segment.baseOffset(), segment);
        }
    }

    /**
     * An append that has its offsets.
     *
     * @param appendTimeMillis the broker's time if the topic stamps it, else -1
     * @param safe completes when the batch is safe (rule 3), or fails with the Kafka exception to answer
     */
    public record Appended(long baseOffset, long appendTimeMillis, long logStartOffset, CompletableFuture<Void> safe) {}

    /**
     * Appends one record batch.
     *
     * @param records exactly one batch; its offset, epoch and (if the topic asks for it) timestamp are written into it
     * @param hold keeps {@code records} alive; retained here for as long as needed
     * @param awaited whether anybody waits for {@link Appended#safe}; if not it is complete at once
     * @throws ApiException when the batch is refused: nothing was appended
     */
    public Appended append(ByteBuffer records, ReferenceCounted hold, boolean awaited) {
        LogConfig current = config;
        ByteBuffer valid = context.validator().validate(topicPartition(), records, current);
        Batch batch = new Batch(valid, valid.position());
        lock.lock();
        try {
            requireAvailable();
            if (batch.hasProducerId()) {
                AppendedBatch earlier = producers.check(batch);
                if (earlier != null) {
                    return repeated(earlier, awaited);
                }
            }
            Tail to = tailFor(batch.sizeInBytes(), batch.recordCount(), current);
            batch.place(logEndOffset, epoch);
            int position = to.segment.append(valid);
            if (to.firstAppendMillis < 0) {
                to.firstAppendMillis = context.time().milliseconds();
            }
            if (batch.hasProducerId()) {
                producers.appended(batch);
            }
            long baseOffset = batch.baseOffset();
            long endOffset = batch.endOffset();
            logEndOffset = endOffset;
            context.metrics().appendedBytes.increment(batch.sizeInBytes());
            context.metrics().appendedRecords.increment(batch.recordCount());
            CompletableFuture<Void> safe = awaited ? acks.await(endOffset) : NOT_AWAITED;
            context.journal().append(new JournalEntry(to, position, endOffset, valid, hold.retain()));
            long stamped = current.messageTimestampType.id == 1 ? batch.maxTimestamp() : -1;
            return new Appended(baseOffset, stamped, logStartOffset(), safe);
        } finally {
            lock.unlock();
        }
    }

    /** The retry of a batch answers as the first try did, and no sooner (rule 9). */
    @GuardedBy("lock")
    private Appended repeated(AppendedBatch earlier, boolean awaited) {
        boolean safe = !awaited || watermark.offset() >= earlier.endOffset();
        return new Appended(
                earlier.baseOffset(), -1, logStartOffset(), safe ? NOT_AWAITED : acks.await(earlier.endOffset()));
    }

    @GuardedBy("lock")
    private Tail tailFor(int bytes, int records, LogConfig current) {
        if (tail == null) {
            return openFirst(current);
        }
        LocalSegment segment = tail.segment;
        boolean full =
                segment.size() > 0 && (segment.size() + (long) bytes > current.segmentSize() || isDue(tail, current));
        if (full && tail.confirmed && sealing == null) {
            return roll(tail, current);
        }
        if (segment.size() + (long) bytes > Integer.MAX_VALUE
                || logEndOffset + records - segment.baseOffset() > Integer.MAX_VALUE) {
            throw new KafkaStorageException("the open segment of " + this
                    + " is as large as it can be and cannot be sealed while the metadata store is away");
        }
        return tail;
    }

    @GuardedBy("lock")
    private boolean isDue(Tail candidate, LogConfig current) {
        return candidate.firstAppendMillis >= 0
                && context.time().milliseconds() - candidate.firstAppendMillis >= current.segmentMs;
    }

    @GuardedBy("lock")
    private Tail openFirst(LogConfig current) {
        int next = PartitionTransitions.nextEpoch(metadata.record());
        Tail opened = newTail(next, current, producers.encode());
        tail = opened;
        epoch = next;
        context.blocking().execute(() -> confirmOpen(opened));
        return opened;
    }

    @GuardedBy("lock")
    private Tail newTail(int segmentEpoch, LogConfig current, byte[] snapshot) {
        LocalSegment segment = LocalSegment.create(
                id,
                logEndOffset,
                segmentEpoch,
                context.files().log(id, logEndOffset),
                context.openFiles(),
                current.indexInterval,
                snapshot);
        locals.put(segment.baseOffset(), segment);
        return new Tail(segment, journalEvents);
    }

    private void confirmOpen(Tail opened) {
        try {
            opened.segment.syncName();
            metadata.change(record -> PartitionTransitions.open(record, opened.segment.epoch(), context.self()));
            confirm(opened);
        } catch (RuntimeException e) {
            fail(e);
        }
    }

    /** Seals {@code full} at the log end and opens the next segment; acks of what follows wait for the record to say so. */
    @GuardedBy("lock")
    private Tail roll(Tail full, LogConfig current) {
        byte[] snapshot = producers.encode();
        Tail next = newTail(epoch, current, snapshot);
        full.segment.seal(snapshot);
        sealing = full;
        tail = next;
        CompletableFuture<Void> durable = awaitDurable(full);
        context.blocking().execute(() -> finishSeal(full, durable, next));
        return next;
    }

    /** Rule 5: the end that gets sealed covers only what is on disk, so that a crash cannot leave less than the record promises. */
    @GuardedBy("lock")
    private CompletableFuture<Void> awaitDurable(Tail full) {
        return full.durableEnd >= full.segment.endOffset() ? NOT_AWAITED : acks.await(full.segment.endOffset());
    }

    private void finishSeal(Tail full, CompletableFuture<Void> durable, @Nullable Tail next) {
        try {
            durable.join();
            if (next != null) {
                next.segment.syncName();
            }
            SealedSegment sealed = describe(full.segment);
            metadata.change(record -> PartitionTransitions.seal(
                    requireRecord(record), full.segment.epoch(), sealed, next == null ? null : context.self()));
            if (next != null) {
                confirm(next);
            }
            context.metrics().segmentsSealed.increment();
            if (full.segment.size() > 0) {
                offload(full.segment, sealed);
            }
        } catch (RuntimeException e) {
            fail(e);
        }
    }

    private static PartitionRecord requireRecord(@Nullable PartitionRecord record) {
        if (record == null) {
            throw new UnknownTopicOrPartitionException("the partition record is gone: the topic was deleted");
        }
        return record;
    }

    private SealedSegment describe(LocalSegment segment) {
        return new SealedSegment(
                segment.baseOffset(),
                segment.endOffset(),
                segment.epoch(),
                segment.size(),
                segment.maxTimestamp(),
                List.of(context.self()));
    }

    void offload(LocalSegment local, SealedSegment sealed) {
        context.offload()
                .accept(new SealedUpload(
                        topic, local, sealed, context.time().milliseconds(), reference -> reference(reference)));
    }

    private boolean reference(OffloadedSegment uploaded) {
        try {
            PartitionRecord after = metadata.change(record -> {
                PartitionRecord next =
                        record == null ? null : PartitionTransitions.offload(record, record.epoch(), uploaded);
                return next == null ? record : next;
            });
            return after != null && after.offloaded().contains(uploaded);
        } catch (NotLeaderOrFollowerException closed) {
            return false;
        }
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
        publish(safe);
    }

    /** Moves the high watermark to where it may be now; it never moves back (rule 6). */
    @GuardedBy("lock")
    private List<CompletableFuture<Void>> advance() {
        Tail safe = sealing != null ? sealing : tail;
        if (safe == null || !safe.confirmed || safe.durableEnd < watermark.offset()) {
            return List.of();
        }
        watermark = new Watermark(safe.durableEnd, safe.segment.baseOffset(), safe.durablePosition);
        return acks.takeUpTo(safe.durableEnd);
    }

    private void publish(List<CompletableFuture<Void>> safe) {
        for (CompletableFuture<Void> ack : safe) {
            ack.complete(null);
        }
        tellListeners();
    }

    private void tellListeners() {
        for (Runnable listener : advanceListeners) {
            try {
                listener.run();
            } catch (RuntimeException e) {
                // This may be the journal's thread: one listener's trouble must not reach anybody else.
                LOG.errorf(e, "a listener of the high watermark failed. partition=%s", this);
            }
        }
    }

    private final class JournalEvents implements Tail.Owner {
        @Override
        public void onDurable(Tail durable, long endOffset, int endPosition) {
            List<CompletableFuture<Void>> safe;
            lock.lock();
            try {
                durable.durableEnd = endOffset;
                durable.durablePosition = endPosition;
                safe = advance();
            } finally {
                lock.unlock();
            }
            publish(safe);
        }

        @Override
        public void onJournalFailed(IOException cause) {
            close(new KafkaStorageException("the disk of " + Partition.this + " has failed", cause));
        }

        @Override
        public void checkpoint(Tail written) throws IOException {
            LocalSegment.Captured captured = null;
            lock.lock();
            try {
                if (written == tail) {
                    captured = written.segment.capture(producers.encode());
                }
            } finally {
                lock.unlock();
            }
            if (captured == null) {
                written.segment.sync();
            } else {
                written.segment.checkpoint(captured);
            }
        }
    }

    private void fail(RuntimeException cause) {
        Throwable root = cause.getCause() instanceof ApiException api ? api : cause;
        ApiException answer = root instanceof ApiException api
                ? api
                : new KafkaStorageException("partition " + this + " is out of service", cause);
        if (unavailable == null) {
            LOG.errorf(cause, "partition out of service. partition=%s cause=%s", this, cause.getMessage());
        }
        close(answer);
    }

    /** Refuses everything from now on with {@code answer}; the first reason stays. */
    void close(ApiException answer) {
        List<CompletableFuture<Void>> refused;
        lock.lock();
        try {
            if (unavailable == null) {
                unavailable = answer;
            }
            closed = true;
            refused = acks.takeAll();
            settled.signalAll();
        } finally {
            lock.unlock();
        }
        for (CompletableFuture<Void> ack : refused) {
            ack.completeExceptionally(answer);
        }
        tellListeners();
    }

    /** The topic is gone: refuses everything and removes the local files. */
    void delete() {
        close(new UnknownTopicOrPartitionException("topic " + topic.name() + " was deleted"));
        metadata.close();
        context.withdraw().accept(id);
        for (LocalSegment segment : locals.values()) {
            segment.delete();
        }
        locals.clear();
        context.files().delete(id);
    }

    /**
     * Seals the open segment when it has anything in it and refuses appends from now on, for a planned stop. Blocks. Afterwards
     * every record is in a sealed segment, submitted for upload.
     *
     * @throws InterruptedException when interrupted while an earlier seal is still under way
     */
    void sealForStop() throws InterruptedException {
        Tail last;
        CompletableFuture<Void> durable;
        lock.lock();
        try {
            if (unavailable != null) {
                return;
            }
            unavailable =
                    new NotLeaderOrFollowerException("broker " + context.self().broker() + " is stopping");
            while (!closed && (sealing != null || (tail != null && !tail.confirmed))) {
                settled.await();
            }
            if (closed || tail == null) {
                return;
            }
            last = tail;
            last.segment.seal(producers.encode());
            durable = awaitDurable(last);
            sealing = last;
            tail = null;
        } finally {
            lock.unlock();
        }
        finishSeal(last, durable, null);
    }

    /** Rolls the open segment when {@code segment.ms} has passed since its first append, or all of it is past retention. */
    void rollIfDue() {
        LogConfig current = config;
        lock.lock();
        try {
            if (unavailable != null || tail == null || !tail.confirmed || sealing != null || tail.segment.size() == 0) {
                return;
            }
            long now = context.time().milliseconds();
            boolean expired = current.retentionMs >= 0
                    && tail.segment.maxTimestamp() >= 0
                    && now - tail.segment.maxTimestamp() > current.retentionMs;
            if (expired || isDue(tail, current)) {
                roll(tail, current);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Forgets idempotent producers that have been silent since {@code timestampMillis}. */
    void expireProducers(long timestampMillis) {
        lock.lock();
        try {
            producers.expireBefore(timestampMillis);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Moves the log start offset up, for DeleteRecords. Blocks on the metadata store.
     *
     * @param offset the new first offset, or -1 for the high watermark
     * @return the log start offset as it is now
     * @throws OffsetOutOfRangeException when it is beyond the high watermark
     */
    public long deleteRecordsBefore(long offset, long patienceMillis) {
        requireAvailable();
        long target = offset == -1 ? highWatermark() : offset;
        if (target < 0 || target > highWatermark()) {
            throw new OffsetOutOfRangeException("cannot delete up to offset " + offset + " of " + this
                    + ": the high watermark is " + highWatermark());
        }
        startAt(target, patienceMillis);
        return logStartOffset();
    }

    void startAt(long offset, long patienceMillis) {
        if (metadata.record() != null) {
            metadata.change(
                    record -> PartitionTransitions.startAt(
                            requireRecord(record), requireRecord(record).epoch(), offset),
                    patienceMillis);
            boolean dropped = false;
            for (LocalSegment segment : locals.headMap(offset).values()) {
                if (segment.endOffset() <= offset && segment.endOffset() <= sealedEnd()) {
                    dropLocal(segment);
                    dropped = true;
                }
            }
            if (dropped) {
                // Those that were waiting for their upload have no file any more.
                context.withdraw().accept(id);
                submitSealed();
            }
        }
    }

    /** Submits every segment that is only on this disk; those that are submitted already are left alone. */
    void submitSealed() {
        PartitionRecord record = metadata.record();
        if (record == null) {
            return;
        }
        for (SealedSegment segment : record.sealed()) {
            LocalSegment local = locals.get(segment.baseOffset());
            if (local != null) {
                offload(local, segment);
            }
        }
    }

    private long sealedEnd() {
        PartitionRecord record = metadata.record();
        return record == null ? 0 : record.endOffset();
    }

    void dropLocal(LocalSegment segment) {
        locals.remove(segment.baseOffset());
        segment.delete();
    }

    /** Calls {@code listener} whenever the high watermark has moved or the partition closes; it must be quick. */
    public void addAdvanceListener(Runnable listener) {
        advanceListeners.add(listener);
    }

    public void removeAdvanceListener(Runnable listener) {
        advanceListeners.remove(listener);
    }

    /** Throws what a request to this partition has to be answered with when it cannot be served. */
    public void requireAvailable() {
        ApiException reason = unavailable;
        if (reason != null) {
            throw reason;
        }
    }

    /** Whether requests to this partition can be served. */
    public boolean isAvailable() {
        return unavailable == null;
    }

    /** Everything that reads; see its methods for which of them block. */
    public PartitionReader reader() {
        return reader;
    }

    /** The producers that have written lately. */
    public List<ProducerState> producers() {
        lock.lock();
        try {
            return producers.producers();
        } finally {
            lock.unlock();
        }
    }

    public PartitionId id() {
        return id;
    }

    public Topic topic() {
        return topic;
    }

    public LogConfig config() {
        return config;
    }

    void update(Topic newTopic, LogConfig newConfig) {
        topic = newTopic;
        config = newConfig;
    }

    public TopicPartition topicPartition() {
        return new TopicPartition(topic.name(), id.partition());
    }

    /** The leader epoch under which this broker owns the partition. */
    public int leaderEpoch() {
        return epoch;
    }

    /** The first offset that may be read. */
    public long logStartOffset() {
        PartitionRecord record = metadata.record();
        return record == null ? 0 : record.logStartOffset();
    }

    /** The offset after the last safe record (rule 6). */
    public long highWatermark() {
        return watermark.offset();
    }

    /** The offset after the last record, safe or not. */
    public long logEndOffset() {
        return logEndOffset;
    }

    Watermark watermark() {
        return watermark;
    }

    PartitionMetadata metadata() {
        return metadata;
    }

    ConcurrentSkipListMap<Long, LocalSegment> locals() {
        return locals;
    }

    /** Bytes of its segments on the local disk. */
    public long localBytes() {
        long bytes = 0;
        for (LocalSegment segment : locals.values()) {
            bytes += segment.size();
        }
        return bytes;
    }

    @Override
    public String toString() {
        return topic.name() + "-" + id.partition();
    }
}
