package io.varve.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.varve.log.SegmentSearch.Found;
import io.varve.replica.CopyEnd;
import io.varve.replica.CopyHost;
import io.varve.replica.ReplicaException;
import io.varve.replica.SegmentId;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A copy of the open segment of another owner. Takes batches until it is ended: fenced, sealed, or failed. It is never resumed, so what it has
 * is always a beginning of what its owner has.
 *
 * <p>It is read up to the high watermark that its owner has told, as far as it has come itself (rule 6): that is on every member of the ensemble
 * and never vanishes. Once the segment is sealed where the copy ends, all of it may be read. Thread-safe.
 */
final class OpenCopy implements CopyHost.HostedCopy {
    private final SegmentId id;
    private final LocalSegment segment;
    private final ProducerStates producers;
    private final DiskSpace disk;
    private final LogMetrics metrics;
    private final Runnable news;
    private final ReentrantLock lock = new ReentrantLock();

    /** Why it takes nothing any more; empty while it does. */
    private volatile String ended = "";

    private boolean sealed;

    /** The high watermark that its owner has told: maybe beyond what the copy has. */
    @GuardedBy("lock")
    private long told;

    /** Before this offset it may be read. Never moves back. */
    private volatile long safeEnd;

    /** Where that was in the file when somebody last asked. */
    private volatile Watermark located;

    /** @param news runs when more of it may be read, or when it has ended; without a lock */
    OpenCopy(SegmentId id, LocalSegment segment, byte[] producers, DiskSpace disk, LogMetrics metrics, Runnable news) {
        this.id = id;
        this.segment = segment;
        this.producers = ProducerStates.decode(ByteBuffer.wrap(producers));
        this.disk = disk;
        this.metrics = metrics;
        this.news = news;
        this.told = segment.baseOffset();
        this.safeEnd = segment.baseOffset();
        this.located = new Watermark(segment.baseOffset(), segment.baseOffset(), 0);
    }

    SegmentId id() {
        return id;
    }

    LocalSegment segment() {
        return segment;
    }

    /** Before this offset it may be read (rule 6). */
    long safeEnd() {
        return safeEnd;
    }

    /** Whether it takes batches: more may come. */
    boolean isFed() {
        return ended.isEmpty();
    }

    /** Up to where it may be read, and where that is in its file. Nothing when the file is gone. */
    Watermark watermark() {
        long safe = safeEnd;
        Watermark known = located;
        if (known.offset() != safe) {
            known = locate(safe);
            located = known;
        }
        return known;
    }

    /** Only now and not with each append: most copies are never read. */
    private Watermark locate(long safe) {
        // In this order: when the end is still what is safe, the size is the one that belongs to it.
        int size = segment.size();
        if (segment.endOffset() == safe) {
            return new Watermark(safe, segment.baseOffset(), size);
        }
        try {
            Found behind = SegmentSearch.batchOf(segment, safe, size);
            return new Watermark(safe, segment.baseOffset(), behind == null ? size : behind.position());
        } catch (LogException e) {
            if (!segment.isDeleted()) {
                throw e;
            }
            return new Watermark(segment.baseOffset(), segment.baseOffset(), 0);
        }
    }

    @Override
    public void append(int position, ByteBuffer batch, long ownersHighWatermark) {
        boolean moved;
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
            moved = learn(ownersHighWatermark);
        } catch (LogException e) {
            ended = "its disk has failed";
            throw new ReplicaException("cannot append to the copy of segment " + id, e);
        } finally {
            lock.unlock();
        }
        if (moved) {
            news.run();
        }
    }

    @Override
    public void advance(long ownersHighWatermark) {
        boolean moved;
        lock.lock();
        try {
            moved = ended.isEmpty() && learn(ownersHighWatermark);
        } finally {
            lock.unlock();
        }
        if (moved) {
            news.run();
        }
    }

    /** What the owner says is safe counts as far as this copy has come; a late word of it takes nothing back. */
    @GuardedBy("lock")
    private boolean learn(long ownersHighWatermark) {
        told = Math.max(told, ownersHighWatermark);
        long safe = Math.min(told, segment.endOffset());
        if (safe <= safeEnd) {
            return false;
        }
        safeEnd = safe;
        return true;
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
            if (ended.isEmpty() && endAt(segment.endOffset())) {
                boolean _ = learn(segment.endOffset());
            }
        } catch (LogException e) {
            throw new ReplicaException("cannot seal the copy of segment " + id, e);
        } finally {
            lock.unlock();
        }
        news.run();
    }

    @Override
    public void close() {
        lock.lock();
        try {
            end("its owner is gone");
        } finally {
            lock.unlock();
        }
        news.run();
    }

    private void end(String reason) {
        if (ended.isEmpty()) {
            ended = reason;
        }
    }

    /** Takes nothing from now on; says where it ends (rule 4). */
    CopyEnd fence() {
        CopyEnd end;
        lock.lock();
        try {
            end("another broker takes the partition over");
            end = new CopyEnd(segment.endOffset(), segment.size(), segment.maxTimestamp(), true);
        } finally {
            lock.unlock();
        }
        news.run();
        return end;
    }

    /**
     * Ends it for good as a segment that the record names as sealed, if it ends at {@code endOffset}: all of it is safe.
     *
     * @return false when it does not
     */
    boolean sealAt(long endOffset) {
        lock.lock();
        try {
            if (!endAt(endOffset)) {
                return false;
            }
            boolean _ = learn(endOffset);
        } finally {
            lock.unlock();
        }
        news.run();
        return true;
    }

    /**
     * Ends it for good if it ends at {@code endOffset}, for a take-over whose compare-and-swap is still to come: nothing becomes safe by that
     * (rule 6), since it may be lost to a broker whose copy ends sooner.
     *
     * @return false when it does not
     */
    boolean endAt(long endOffset) {
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
