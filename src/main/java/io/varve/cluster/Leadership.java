package io.varve.cluster;

import java.util.List;

/** Who serves a partition, as clients are told. Answers from memory. Thread-safe. */
public interface Leadership {

    Leader of(PartitionId id);

    /**
     * @param broker the owner's id, or {@link PartitionRecord#NO_OWNER} when nobody can serve it now
     * @param epoch the leader epoch
     * @param replicas the ensemble, owner first
     * @param inSync members of the ensemble that are there
     */
    record Leader(int broker, int epoch, List<Integer> replicas, List<Integer> inSync) {}
}
