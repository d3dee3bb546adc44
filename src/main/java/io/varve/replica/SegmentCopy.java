package io.varve.replica;

import io.netty.util.ReferenceCounted;
import java.nio.ByteBuffer;

/**
 * One member's copy of an open segment, as its owner feeds it. Calls come one at a time; none of them blocks. After
 * {@link Listener#onLost} the copy takes nothing any more and drops what it is given.
 */
public interface SegmentCopy {

    /** What the owner hears of a copy. Must be quick and must not throw. */
    interface Listener {
        /** The member has begun the copy. */
        void onOpen();

        /** The member's file has everything before {@code endOffset}, which ends at {@code position} of the segment. Only ever moves up. */
        void onCopied(long endOffset, int position);

        /**
         * The member is dead, refuses, or has not acknowledged within the replica time-out: leave it out (rule 5). Called once at most, and
         * last.
         */
        void onLost(String reason);
    }

    /**
     * Ships a batch.
     *
     * @param position where it lies in the segment; the batches of a segment follow one another without a gap
     * @param batch its bytes, base offset and leader epoch filled in
     * @param hold keeps {@code batch} alive; retained here and released once it is sent or the copy is lost
     * @param highWatermark of the partition, as far as it was known when the batch was appended
     */
    void append(int position, ByteBuffer batch, ReferenceCounted hold, long highWatermark);

    /**
     * Tells the member how far the partition is safe, so that it can be read there (rule 6): once nothing has been appended for a moment, since the
     * next batch says it anyway. A member that speaks an earlier version hears it with the next batch only. Costs next to nothing while batches
     * follow one another.
     */
    void advance(long highWatermark);

    /** Tells the member that the segment is sealed where its last batch ends; nothing follows. The copy stays there. */
    void seal();

    /** Stops feeding the copy. Nothing is reported of it any more. */
    void close();
}
