package io.varve.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.netty.util.ReferenceCounted;
import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord;
import io.varve.cluster.PartitionRecords.Versioned;
import io.varve.cluster.PartitionTransitions;
import io.varve.cluster.Topic;
import io.varve.log.ProducerStates.AppendedBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.NotEnoughReplicasAfterAppendException;
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

    private final PartitionId id;
    private final TopicPartition topicPartition;
    private final LogContext context;
    private final PartitionMetadata metadata;
    private final LocalSegments locals;
    private final HighWatermark highWatermark;
    private final PartitionReader reader;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final ProducerStates producers;

    /** All but its epoch is used under the lock. */
    private final TailSegments tails;

    private volatile Topic topic;
    private volatile LogConfig config;
    private volatile long logEndOffset;

    /** Since it was opened here; written under the lock. */
    private volatile long appendedBytes;

    private volatile @Nullable ApiException unavailable;

    /** It refuses appends, and its last segment is not sealed yet. */
    private volatile boolean handingOver;

    Partition(
            PartitionId id,
            Topic topic,
            LogConfig config,
            @Nullable Versioned known,
            ProducerStates producers,
            List<LocalSegment> recovered,
            LogContext context) {
        this.id = id;
        this.topicPartition = new TopicPartition(topic.name(), id.partition());
        this.topic = topic;
        this.config = config;
        this.context = context;
        this.producers = producers;
        this.metadata = new PartitionMetadata(id, context.records(), known, context.time(), context.random());
        this.locals = new LocalSegments(id, this::topic, metadata, recovered, context);
        this.logEndOffset = known == null ? 0 : known.record().endOffset();
        this.highWatermark = new HighWatermark(topicPartition, logEndOffset);
        EnsembleChoice choice = new EnsembleChoice(
                except -> context.owners().ensemble(id, this.topic.replicas(id.partition()), except), context.time());
        this.tails = new TailSegments(id, context, metadata, locals, highWatermark, choice, new Events(), lock);
        this.reader = new PartitionReader(this, metadata, context.remote(), context.metrics());
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
     * @param awaited whether the producer asked for a safe batch ({@code acks=all}); if not, and the topic has no {@code flush.messages},
     *     {@link Appended#safe} is complete at once
     * @throws ApiException when the batch is refused: nothing was appended
     */
    public Appended append(ByteBuffer records, ReferenceCounted hold, boolean awaited) {
        LogConfig current = config;
        ByteBuffer valid = context.validator().validate(topicPartition, records, current);
        Batch batch = new Batch(valid, valid.position());
        // Kafka syncs within the append when flush.messages says so: every answer then means that the batch is on disk.
        boolean waits = awaited || current.flushInterval != Long.MAX_VALUE;
        lock.lock();
        try {
            requireAvailable();
            if (awaited) {
                tails.requireInSync(current.minInSyncReplicas);
            }
            if (batch.hasProducerId()) {
                AppendedBatch earlier = producers.check(batch);
                if (earlier != null) {
                    return repeated(earlier, waits, safeOn(awaited, current));
                }
            }
            Tail to = tails.forAppend(logEndOffset, batch.sizeInBytes(), batch.recordCount());
            batch.place(logEndOffset, tails.epoch());
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
            long before = appendedBytes;
            appendedBytes = before + batch.sizeInBytes();
            context.metrics().appendedBytes.increment(batch.sizeInBytes());
            context.metrics().appendedRecords.increment(batch.recordCount());
            CompletableFuture<Void> safe = whenSafe(endOffset, waits, safeOn(awaited, current));
            to.copies.append(position, valid, hold, highWatermark());
            if (to.journaled) {
                context.journal().append(new JournalEntry(to, position, endOffset, valid, hold.retain()));
            }
            long stamped = current.messageTimestampType.id == 1 ? batch.maxTimestamp() : -1;
            return new Appended(baseOffset, stamped, logStartOffset(), safe);
        } finally {
            lock.unlock();
        }
    }

    /** On how many brokers a batch must be when it is acknowledged. */
    private static int safeOn(boolean awaited, LogConfig config) {
        return awaited ? config.minInSyncReplicas : 1;
    }

    @GuardedBy("lock")
    private CompletableFuture<Void> whenSafe(long endOffset, boolean waits, int brokers) {
        if (!waits) {
            return HighWatermark.NOTHING_TO_AWAIT;
        }
        CompletableFuture<Void> safe = highWatermark.await(endOffset);
        return brokers <= 1 ? safe : safe.thenRun(() -> requireStillInSync(brokers));
    }

    /** Members may have been left out between the append and its ack: as in Kafka, the batch stays and its producer is told. */
    private void requireStillInSync(int wanted) {
        int inSync = tails.confirmedInSync();
        if (inSync < wanted) {
            throw new NotEnoughReplicasAfterAppendException("the batch is in partition " + this
                    + ", whose ensemble has " + inSync + " of min.insync.replicas=" + wanted + " brokers now");
        }
    }

    /** The retry of a batch answers as the first try did, and no sooner (rule 9). */
    @GuardedBy("lock")
    private Appended repeated(AppendedBatch earlier, boolean waits, int brokers) {
        return new Appended(earlier.baseOffset(), -1, logStartOffset(), whenSafe(earlier.endOffset(), waits, brokers));
    }

    private final class Events implements TailSegments.Host {
        @Override
        public LogConfig config() {
            return config;
        }

        @Override
        public byte[] producers() {
            lock.lock();
            try {
                return producers.encode();
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void onCopy(Tail tail, Runnable change) {
            publish(() -> {
                change.run();
                return tails.onCopies(tail);
            });
        }

        @Override
        public void fail(RuntimeException cause) {
            Partition.this.fail(cause);
        }

        @Override
        public void onDurable(Tail durable, long endOffset, int endPosition) {
            publish(() -> {
                durable.durable(endOffset, endPosition);
                return tails.advance();
            });
        }

        /** @param step run under the lock; returns what has become safe */
        private void publish(Supplier<List<CompletableFuture<Void>>> step) {
            List<CompletableFuture<Void>> safe;
            lock.lock();
            try {
                safe = step.get();
            } finally {
                lock.unlock();
            }
            highWatermark.publish(safe);
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
                if (tails.isOpen(written)) {
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
            tails.abandon(answer);
            refused = highWatermark.abandon();
        } finally {
            lock.unlock();
        }
        for (CompletableFuture<Void> ack : refused) {
            ack.completeExceptionally(answer);
        }
        highWatermark.tellListeners();
    }

    /** The topic is gone: refuses everything and removes the local files. */
    void delete() {
        close(new UnknownTopicOrPartitionException("topic " + topic.name() + " was deleted"));
        metadata.close();
        locals.deleteAll();
    }

    /**
     * Seals the open segment when it has anything in it and refuses appends from now on, for a planned stop or a move. Blocks. Afterwards
     * every record is in a sealed segment, submitted for upload, and {@code successor} is the owner.
     *
     * @param successor who goes on, or {@link PartitionRecord#NO_OWNER} when nobody does
     * @throws InterruptedException when interrupted while an earlier seal is still under way
     */
    void handOver(int successor) throws InterruptedException {
        try {
            Runnable finish = sealLast(successor);
            if (finish != null) {
                finish.run();
            }
        } finally {
            handingOver = false;
        }
    }

    private @Nullable Runnable sealLast(int successor) throws InterruptedException {
        lock.lock();
        try {
            if (unavailable != null) {
                return null;
            }
            // In this order: whoever sees that it is given up must see that it is not done yet.
            handingOver = true;
            unavailable =
                    new NotLeaderOrFollowerException("broker " + context.self().broker() + " gives " + this + " up");
            return tails.sealLast(successor);
        } finally {
            lock.unlock();
        }
    }

    /** Rolls the open segment when {@code segment.ms} has passed since its first append, or all of it is past retention. */
    void rollIfDue() {
        lock.lock();
        try {
            if (unavailable == null) {
                tails.rollIfDue();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Forgets idempotent producers that have been silent for longer than {@code limitMillis}. */
    void expireProducers(long limitMillis) {
        lock.lock();
        try {
            producers.expire(context.time().milliseconds(), limitMillis);
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
        if (metadata.record() == null) {
            return;
        }
        metadata.change(
                record -> {
                    if (record == null) {
                        throw new UnknownTopicOrPartitionException("the topic of partition " + this + " was deleted");
                    }
                    return PartitionTransitions.startAt(record, record.epoch(), offset);
                },
                patienceMillis);
        locals.dropBefore(offset);
    }

    /** Calls {@code listener} whenever the high watermark has moved or the partition closes; it must be quick. */
    public void addAdvanceListener(Runnable listener) {
        highWatermark.addListener(listener);
    }

    public void removeAdvanceListener(Runnable listener) {
        highWatermark.removeListener(listener);
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

    /**
     * Whether what is known here of the partition is certainly the newest: nobody has taken it over as far as is known, and nobody can have,
     * either since that takes the disk of this broker, and no change is under way that gives a copy to another, or since its lease holds.
     * Without that nothing may be read of it that nobody confirms (rule 4).
     */
    public boolean isCurrent() {
        PartitionRecord record = metadata.record();
        if (record == null) {
            return context.leaseHeld().getAsBoolean();
        }
        return record.owner() == context.self().broker()
                && ((record.holdersOfTheEnd().equals(List.of(context.self())) && !tails.hasCopies())
                        || context.leaseHeld().getAsBoolean());
    }

    /** Whether it was given up for good, or taken over by another broker. */
    boolean isDeposed() {
        return unavailable instanceof NotLeaderOrFollowerException && !handingOver;
    }

    /** On how many brokers what becomes safe now is. */
    int inSync() {
        return tails.confirmedInSync();
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
        return topicPartition;
    }

    /** The leader epoch under which this broker owns the partition. */
    public int leaderEpoch() {
        return tails.epoch();
    }

    /** The first offset that may be read. */
    public long logStartOffset() {
        PartitionRecord record = metadata.record();
        return record == null ? 0 : record.logStartOffset();
    }

    /** The offset after the last safe record (rule 6). */
    public long highWatermark() {
        return highWatermark.current().offset();
    }

    /** The offset after the last record, safe or not. */
    public long logEndOffset() {
        return logEndOffset;
    }

    /** Bytes of record batches that were appended here since this broker has opened the partition. */
    public long appendedBytes() {
        return appendedBytes;
    }

    Watermark watermark() {
        return highWatermark.current();
    }

    PartitionMetadata metadata() {
        return metadata;
    }

    LocalSegments locals() {
        return locals;
    }

    /** Bytes of its segments on the local disk. */
    public long localBytes() {
        return locals.bytes();
    }

    @Override
    public String toString() {
        return topicPartition.toString();
    }
}
