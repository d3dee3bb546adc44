package io.varve.broker.admin;

import io.varve.cluster.ClusterView;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;

/**
 * Assignments of partitions to brokers that a client brings along, checked as Kafka's controller does. Thread-safe.
 */
final class ManualAssignments {
    /** No partition is there yet to agree with. */
    static final int ANY_FACTOR = -1;

    private final ClusterView cluster;

    ManualAssignments(ClusterView cluster) {
        this.cluster = cluster;
    }

    /**
     * Checks the assignments of some partitions.
     *
     * @param replicationFactor that they must have, or {@link #ANY_FACTOR}
     * @return the replication factor they have
     * @throws InvalidReplicaAssignmentException when one is empty, names an unknown broker or one twice, or they are uneven
     */
    int check(Collection<List<Integer>> assignments, int replicationFactor) {
        Set<Integer> live = new HashSet<>();
        for (Node broker : cluster.brokers()) {
            live.add(broker.id());
        }
        int factor = replicationFactor;
        for (List<Integer> brokers : assignments) {
            checkBrokers(brokers, live);
            if (factor != ANY_FACTOR && brokers.size() != factor) {
                throw new InvalidReplicaAssignmentException("The manual partition assignment includes a partition with "
                        + brokers.size()
                        + " replica(s), but this is not consistent with previous partitions, which have " + factor
                        + " replica(s).");
            }
            factor = brokers.size();
        }
        return factor;
    }

    private static void checkBrokers(List<Integer> brokers, Set<Integer> live) {
        if (brokers.isEmpty()) {
            throw new InvalidReplicaAssignmentException(
                    "The manual partition assignment includes an empty replica list.");
        }
        Set<Integer> once = new HashSet<>();
        for (int broker : brokers) {
            if (!live.contains(broker)) {
                throw new InvalidReplicaAssignmentException("The manual partition assignment includes broker " + broker
                        + ", but no such broker is registered.");
            }
            if (!once.add(broker)) {
                throw new InvalidReplicaAssignmentException(
                        "The manual partition assignment includes the broker " + broker + " more than once.");
            }
        }
    }
}
