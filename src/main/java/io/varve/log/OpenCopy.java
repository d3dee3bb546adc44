package io.varve.log;

import io.varve.replica.CopyEnd;
import io.varve.replica.CopyHost;
import io.varve.replica.ReplicaException;
import io.varve.replica.SegmentId;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A copy of the open segment of another owner. Takes batches until it is ended: fenced, sealed, or failed. It is never resumed, so what it has
 * is always a beginning of what its owner has. Thread-safe.
 */
final class OpenCopy implements CopyHost.HostedCopy {
    private final SegmentId id;
    private final LocalSegment segment;
    private final ProducerStates producers;
    private final DiskSpace disk;
    private final LogMetrics metrics;
    private final ReentrantLock lock = new ReentrantLock();

    /** Why it takes nothing any more; empty while it does. */
    private String ended = "";

    private boolean sealed;

    OpenCopy(SegmentId id, LocalSegment segment, byte[] producers, DiskSpace disk, LogMetrics metrics) {
        this.id = id;
        this.segment = segment;
        this.producers = ProducerStates.decode(ByteBuffer.wrap(producers));
        this.disk = disk;
        this.metrics = metrics;
    }

    SegmentId id() {
        return id;
    }

    LocalSegment segment() {
        return segment;
    }

    @Override
    public void append(int position, ByteBuffer batch, long ownersHighWatermark) {
        lock.lock();
        try {
            if (!ended.isEmpty()) {
                throw new ReplicaException("copy of segment " + id + " takes nothing any more: " + ended);
            }
            check(position, batch);
            segment.append(batch);
            Batch appended = new Batch(batch, batch.position());
            if (appended.hasProducerId()) {
                producers.appended(appended);
            }
            metrics.copyBytes.increment(appended.sizeInBytes());
        } catch (LogException e) {
            ended = "its disk has failed";
            throw new ReplicaException("cannot append to the copy of segment " + id, e);
        } finally {
            lock.unlock();
        }
    }

    private void check(int position, ByteBuffer batch) {
        if (disk.level() == DiskSpace.Level.FULL) {
            throw new ReplicaException("the disk is full: no room for segment " + id);
        }
        if (batch.remaining() < Batch.HEADER_BYTES) {
            throw new ReplicaException("a batch of segment " + id + " has only " + batch.remaining() + " bytes");
        }
        Batch view = new Batch(batch, batch.position());
        boolean isNext = position == segment.size() && view.baseOffset() == segment.endOffset();
        boolean isWhole = view.magic() == Batch.MAGIC_V2
                && view.sizeInBytes() == batch.remaining()
                && view.leaderEpoch() == id.epoch()
                && view.isChecksumValid();
        if (!isNext || !isWhole) {
            throw new ReplicaException("a batch of segment " + id + " is " + (isNext ? "damaged" : "not the next one")
                    + ": offset " + view.baseOffset() + " at position " + position + ", expected offset "
                    + segment.endOffset() + " at position " + segment.size());
        }
    }

    @Override
    public long endOffset() {
        return segment.endOffset();
    }

    @Override
    public int sizeBytes() {
        return segment.size();
    }

    @Override
    public void seal() {
        lock.lock();
        try {
            // One that was ended here has given its place to another, perhaps to this broker's own segment.
            if (ended.isEmpty()) {
                boolean _ = sealAt(segment.endOffset());
            }
        } catch (LogException e) {
            throw new ReplicaException("cannot seal the copy of segment " + id, e);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            end("its owner is gone");
        } finally {
            lock.unlock();
        }
    }

    private void end(String reason) {
        if (ended.isEmpty()) {
            ended = reason;
        }
    }

    /** Takes nothing from now on; says where it ends (rule 4). */
    CopyEnd fence() {
        lock.lock();
        try {
            end("another broker takes the partition over");
            return new CopyEnd(segment.endOffset(), segment.size(), segment.maxTimestamp(), true);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Ends it for good as a sealed segment, if it ends at {@code endOffset}.
     *
     * @return false when it does not
     */
    boolean sealAt(long endOffset) {
        lock.lock();
        try {
            if (segment.endOffset() != endOffset) {
                return false;
            }
            end("it is sealed");
            if (!sealed) {
                segment.seal(producers.encode());
                sealed = true;
            }
            return true;
        } finally {
            lock.unlock();
        }
    }
}
