package io.varve.log;

import io.varve.cluster.PartitionId;
import java.io.IOException;

/** A segment whose appends go through the journal. */
interface JournalTarget {

    PartitionId partition();

    /** The segment's base offset. */
    long baseOffset();

    /**
     * Every batch before {@code endOffset}, which ends at {@code endPosition} of the segment, is on disk. Called on the journal's
     * thread, in order.
     */
    void onDurable(long endOffset, int endPosition);

    /** The journal has failed: nothing that was not reported durable ever will be (rule 9). Called once at most. */
    void onJournalFailed(IOException cause);

    /**
     * Whether enough of the segment waits for its checkpoint to begin writing it to disk: a checkpoint of everything at once is a burst
     * that all commits queue behind. Called on the journal's thread, after {@link #onDurable}.
     */
    boolean isWriteBackDue();

    /** Puts what is in the segment on disk, without a checkpoint. Blocks. */
    void writeBack() throws IOException;

    /** Makes everything written so far durable in the segment itself, so that the journal may forget it. Blocks. */
    void checkpoint() throws IOException;
}
