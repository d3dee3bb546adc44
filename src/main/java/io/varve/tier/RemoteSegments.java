package io.varve.tier;

import io.varve.cluster.PartitionRecord.ManifestPage;
import io.varve.cluster.PartitionRecord.OffloadedSegment;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Offloaded segments, read through the chunk cache (memory, then local disk) with read-ahead for sequential readers. All methods
 * block: call them from virtual threads, never from a thread that serves hot traffic. Thread-safe; memory and disk are bounded.
 */
public interface RemoteSegments {

    /**
     * Bytes of the segment from {@code position} (from the segment's start, not the object's).
     *
     * @param length at most what is left of the segment
     * @return exactly {@code length} bytes, read-only
     * @throws ObjectStoreException when the store cannot deliver them
     */
    ByteBuffer read(OffloadedSegment segment, int position, int length);

    /** The segment's index block. */
    ByteBuffer index(OffloadedSegment segment);

    /** The segment's producer-state snapshot as of its end. */
    ByteBuffer producerStates(OffloadedSegment segment);

    /** The segments a manifest page lists, oldest first. */
    List<OffloadedSegment> page(ManifestPage page);
}
