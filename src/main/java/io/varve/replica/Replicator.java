package io.varve.replica;

import io.varve.cluster.PartitionRecord.Member;
import java.util.Optional;

/** An owner's way to the members of its ensembles. Thread-safe. */
public interface Replicator {

    /**
     * Begins a copy of a new, empty segment on {@code member}. Returns at once: appends may follow without waiting for
     * {@link SegmentCopy.Listener#onOpen}.
     *
     * @param producers the producer states as of the segment's start, as {@code log} encodes them
     * @param listener hears of the copy on threads of this part, one call at a time and in order
     */
    SegmentCopy open(Member member, SegmentId segment, byte[] producers, SegmentCopy.Listener listener);

    /**
     * Makes {@code member} refuse every append of an epoch below {@code epoch} to the partition, for ever, and tells how far its copy of
     * {@code segment} goes (rule 4). Blocks, up to the replica time-out.
     *
     * @return where its copy ends; empty when it has none
     * @throws ReplicaException when the member cannot be reached or does not answer in time: whether it is fenced is not known
     */
    Optional<CopyEnd> fence(Member member, SegmentId segment, int epoch);
}
