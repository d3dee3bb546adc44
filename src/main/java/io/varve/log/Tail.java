package io.varve.log;

import io.varve.cluster.PartitionId;
import java.io.IOException;

/**
 * The segment that takes a partition's appends, as its journal sees it. Fields are guarded by the partition's lock.
 */
final class Tail implements JournalTarget {

    /** Hears what the journal has to say. Implemented by the partition; takes its lock. */
    interface Owner {
        void onDurable(Tail tail, long endOffset, int endPosition);

        void onJournalFailed(IOException cause);

        void checkpoint(Tail tail) throws IOException;
    }

    private static final int WRITE_BACK_BYTES = 1 << 20;

    final LocalSegment segment;
    private final Owner owner;

    /** Whether the partition record names this segment: until then nothing in it may be acknowledged or read. */
    boolean confirmed;

    /** Everything before this offset is on disk. */
    long durableEnd;

    /** Where that is in the segment. */
    int durablePosition;

    /** Wall-clock milliseconds of the first append, or -1. */
    long firstAppendMillis = -1;

    /** How much sooner than {@code segment.ms} it rolls, so that partitions written at the same time do not roll at the same time. */
    final long jitterMillis;

    /** Up to where the segment was written back last. Used by the journal's thread only. */
    private int writtenBack;

    Tail(LocalSegment segment, long jitterMillis, Owner owner) {
        this.segment = segment;
        this.jitterMillis = jitterMillis;
        this.owner = owner;
        this.durableEnd = segment.endOffset();
        this.durablePosition = segment.size();
    }

    @Override
    public PartitionId partition() {
        return segment.partition();
    }

    @Override
    public long baseOffset() {
        return segment.baseOffset();
    }

    @Override
    public void onDurable(long endOffset, int endPosition) {
        owner.onDurable(this, endOffset, endPosition);
    }

    @Override
    public boolean isWriteBackDue() {
        int size = segment.size();
        if (size - writtenBack < WRITE_BACK_BYTES) {
            return false;
        }
        writtenBack = size;
        return true;
    }

    @Override
    public void writeBack() throws IOException {
        segment.sync();
    }

    @Override
    public void onJournalFailed(IOException cause) {
        owner.onJournalFailed(cause);
    }

    @Override
    public void checkpoint() throws IOException {
        owner.checkpoint(this);
    }
}
