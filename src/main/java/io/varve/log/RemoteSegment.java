package io.varve.log;

import io.varve.cluster.PartitionRecord.OffloadedSegment;
import io.varve.tier.RemoteSegments;
import java.nio.ByteBuffer;

/** A segment in the object store. */
final class RemoteSegment implements SegmentSource {
    private final OffloadedSegment reference;
    private final RemoteSegments remote;

    RemoteSegment(OffloadedSegment reference, RemoteSegments remote) {
        this.reference = reference;
        this.remote = remote;
    }

    @Override
    public long baseOffset() {
        return reference.baseOffset();
    }

    @Override
    public int size() {
        return (int) reference.sizeBytes();
    }

    @Override
    public void read(int position, ByteBuffer into) {
        int length = Math.min(into.remaining(), size() - position);
        if (length > 0) {
            into.put(remote.read(reference, position, length));
        }
    }

    /** Bytes without a copy of our own. */
    ByteBuffer read(int position, int length) {
        return remote.read(reference, position, length);
    }

    @Override
    public int indexedPosition(long offset) {
        return SegmentIndex.searchOffset(remote.index(reference), (int) (offset - baseOffset()));
    }

    @Override
    public int indexedPositionBefore(long timestamp) {
        return SegmentIndex.searchTimestamp(remote.index(reference), timestamp);
    }
}
