package io.varve.tier;

import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord.OffloadedSegment;
import io.varve.cluster.PartitionRecord.SealedSegment;
import java.nio.channels.FileChannel;
import java.util.function.Consumer;

/**
 * A sealed segment on a local disk that wants to go to the object store. Implemented by {@code log}.
 */
public interface Offloadable {

    PartitionId partition();

    /** The topic's name, for the object's footer (rule 10) and for logs. */
    String topicName();

    /** The topic's own configs as JSON, for the object's footer (rule 10). */
    String topicConfigsJson();

    SealedSegment segment();

    /** When it was sealed, in milliseconds of the wall clock; decides how long it may wait for company. */
    long sealedAtMillis();

    /** Whether anybody still wants it uploaded: false once its file was removed on purpose (topic deleted, retention). Never blocks. */
    boolean isWanted();

    /** Calls {@code reader} with the open segment file; the file stays readable and unchanged until it returns. */
    void withSegmentFile(Consumer<FileChannel> reader);

    /** The index block exactly as it is on disk ({@code log}'s own format: see {@code SegmentIndex}). */
    byte[] index();

    /** The producer states as of the segment's end ({@code log}'s own format: see {@code ProducerStates}). */
    byte[] producerStates();

    /**
     * Called after the store has confirmed the object: references it in the partition record by compare-and-swap. Blocks.
     *
     * @param inTime to be called right before each try to write; throws once the sweeper may take the object for an orphan (rule 8)
     * @return false when the segment is not wanted any more (topic deleted, retention, or another owner): the object is then an
     *     orphan for the sweeper
     */
    boolean offloaded(OffloadedSegment reference, Runnable inTime);
}
