package io.varve.replica;

import java.nio.ByteBuffer;
import java.util.Optional;

/** A member's side: keeps copies of segments for their owners. Implemented by {@code log}. Thread-safe. */
public interface CopyHost {

    /**
     * Begins an empty copy. May block.
     *
     * @throws ReplicaException when the copy is refused: the partition was fenced with a higher epoch, or there is such a copy already (a
     *     copy is never resumed)
     */
    HostedCopy open(SegmentId segment, byte[] producers);

    /**
     * Refuses every append of an epoch below {@code epoch} to the partition from now on, and says where the copy of {@code segment} ends.
     * May block.
     *
     * @return empty when there is no such copy
     * @throws ReplicaException when this broker owns the partition under that epoch or a higher one, or cannot read its copy
     */
    Optional<CopyEnd> fence(SegmentId segment, int epoch);

    /** One copy that is being fed. Calls come one at a time; none of them blocks for longer than a write to the page cache. */
    interface HostedCopy {
        /**
         * Appends a batch.
         *
         * @param batch used during the call only
         * @param highWatermark of the partition, as far as its owner knew it then: maybe before this copy's start, never beyond its owner's log end
         * @throws ReplicaException when the batch is refused: fenced, not where the copy ends, damaged, or the disk cannot take it
         */
        void append(int position, ByteBuffer batch, long highWatermark);

        /** The partition's high watermark is there now, or further. Said when nothing is appended that could say it. */
        void advance(long highWatermark);

        /** Where the copy ends now. */
        long endOffset();

        /** Bytes of its batches. */
        int sizeBytes();

        /** The owner has sealed the segment where the copy ends now. The last call. */
        void seal();

        /** The owner is gone, or feeds the copy no more. The copy stays as it is. The last call. */
        void close();
    }
}
