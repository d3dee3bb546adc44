package io.varve.replica;

import io.varve.cluster.PartitionId;

/** Names an open segment for ever: no owner opens two segments at the same offset under the same epoch. */
public record SegmentId(PartitionId partition, long baseOffset, int epoch) {
    @Override
    public String toString() {
        return partition + "@" + baseOffset + "/" + epoch;
    }
}
