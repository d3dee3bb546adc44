package io.varve.log;

import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord;
import io.varve.cluster.PartitionRecord.OffloadedSegment;
import java.nio.ByteBuffer;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.jspecify.annotations.Nullable;

/**
 * A partition as a broker that does not own it can serve it: sealed segments from this disk or the object store, the open one from this
 * broker's copy up to the high watermark that its owner has told (rule 6). Whatever it cannot serve it refuses with NOT_LEADER_OR_FOLLOWER, with
 * which clients go back to the owner. Looks afresh at what is here each time it is asked. Thread-safe.
 */
final class FollowedPartition implements FetchSource {
    private final PartitionId id;
    private final ReadAnywhere here;

    FollowedPartition(PartitionId id, ReadAnywhere here) {
        this.id = id;
        this.here = here;
    }

    @Override
    public ReadResult read(long offset, int maxBytes, boolean wholeFirst) {
        PartitionRecord record = here.record(id);
        if (offset < logStartOffset(record)) {
            throw new OffsetOutOfRangeException(
                    "offset " + offset + " of partition " + id + " is before " + logStartOffset(record));
        }
        if (maxBytes <= 0 && !wholeFirst) {
            return new ReadResult.Nothing();
        }
        Holding holding = here.holding(id);
        Holding.Part local = holding == null ? null : holding.readable(record, offset);
        if (local != null) {
            try {
                return counted(here.reads().local(local.segment(), offset, maxBytes, wholeFirst, local.limit()));
            } catch (LogException e) {
                if (!local.segment().isDeleted()) {
                    throw e;
                }
                // It was dropped just now: the object store has it, or another owner's segment has its place.
            }
        }
        if (record != null && SegmentReads.isOffloaded(record, offset)) {
            return new ReadResult.Cold(
                    () -> readRemote(record, offset, maxBytes, wholeFirst), Math.max(maxBytes, Batch.HEADER_BYTES));
        }
        if (holding != null && holding.awaits(offset)) {
            return new ReadResult.Nothing();
        }
        throw notHere(offset);
    }

    private ReadResult counted(ReadResult result) {
        if (result instanceof ReadResult.Hot(FileSlice slice)) {
            here.metrics().hotFollowerBytes.increment(slice.length());
        }
        return result;
    }

    private ByteBuffer readRemote(PartitionRecord record, long offset, int maxBytes, boolean wholeFirst) {
        OffloadedSegment reference = here.reads().offloaded(record, offset);
        if (reference == null) {
            throw notHere(offset);
        }
        ByteBuffer bytes = here.reads().remote(reference, offset, maxBytes, wholeFirst);
        here.metrics().coldFollowerBytes.increment(bytes.remaining());
        return bytes;
    }

    private NotLeaderOrFollowerException notHere(long offset) {
        return new NotLeaderOrFollowerException("offset " + offset + " of partition " + id
                + " cannot be read from this broker: it does not own the partition, and has no copy that goes there");
    }

    @Override
    public long availableBytes(long offset) {
        Holding holding = here.holding(id);
        return holding == null ? Integer.MAX_VALUE : holding.availableBytes(here.record(id), offset);
    }

    @Override
    public boolean isServed() {
        Holding holding = here.holding(id);
        return holding != null && holding.isFed();
    }

    @Override
    public long highWatermark() {
        PartitionRecord record = here.record(id);
        Holding holding = here.holding(id);
        return Math.max(record == null ? 0 : record.endOffset(), holding == null ? 0 : holding.safeEnd());
    }

    @Override
    public long logStartOffset() {
        return logStartOffset(here.record(id));
    }

    private static long logStartOffset(@Nullable PartitionRecord record) {
        return record == null ? 0 : record.logStartOffset();
    }

    @Override
    public int leaderEpoch() {
        PartitionRecord record = here.record(id);
        Holding holding = here.holding(id);
        return Math.max(record == null ? 0 : record.epoch(), holding == null ? 0 : holding.epoch());
    }

    @Override
    public void addAdvanceListener(Runnable listener) {
        here.addListener(id, listener);
    }

    @Override
    public void removeAdvanceListener(Runnable listener) {
        here.removeListener(id, listener);
    }

    @Override
    public String toString() {
        return id.toString();
    }
}
