package io.varve.log;

import io.varve.cluster.PartitionId;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which epochs this disk refuses (rule 4): for each partition that was taken over in this life of the broker, all below one. An earlier life
 * needs no memory of it, since no copy of it is ever resumed. Thread-safe.
 */
final class Fences {
    private final Map<PartitionId, Integer> lowest = new ConcurrentHashMap<>();

    /** Refuses every epoch below {@code epoch} from now on. */
    void raise(PartitionId id, int epoch) {
        lowest.merge(id, epoch, Math::max);
    }

    boolean refuses(PartitionId id, int epoch) {
        return epoch < lowest.getOrDefault(id, 0);
    }

    void forget(PartitionId id) {
        lowest.remove(id);
    }
}
