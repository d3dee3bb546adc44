package io.varve.cluster;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the placer decides upon: a picture of the cluster. Immutable.
 *
 * @param brokers that live and serve, each once: only these are given anything, or relieved of anything
 * @param gone brokers that are not coming back as far as anybody can tell, and since when in milliseconds: their places are given to others. A broker
 *     that is in neither keeps what it has
 * @param partitions all that are assigned to somebody
 */
record PlacementState(List<Site> brokers, Map<Integer, Long> gone, List<Assigned> partitions) {
    PlacementState {
        brokers = List.copyOf(brokers);
        gone = Map.copyOf(gone);
        partitions = List.copyOf(partitions);
    }

    /** A broker that can be chosen; one that names no rack is one by itself. */
    record Site(int id, String rack) {}

    /**
     * A partition.
     *
     * @param brokers that it is assigned to, the preferred owner first
     * @param byHand whether somebody chose that
     * @param bytesPerSecond appended, as far as known
     */
    record Assigned(String topic, PartitionId id, List<Integer> brokers, boolean byHand, long bytesPerSecond) {
        Assigned {
            brokers = List.copyOf(brokers);
        }
    }

    /**
     * Another assignment for a partition.
     *
     * @param why in a few words for people
     */
    record Step(String topic, PartitionId id, List<Integer> from, List<Integer> to, String why) {
        Step {
            from = List.copyOf(from);
            to = List.copyOf(to);
        }
    }

    Map<Integer, String> racks() {
        Map<Integer, String> racks = new HashMap<>();
        brokers.forEach(broker -> racks.put(broker.id(), broker.rack()));
        return racks;
    }
}
