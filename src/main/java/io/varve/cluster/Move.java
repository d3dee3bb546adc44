package io.varve.cluster;

import io.varve.cluster.BrokerRegistration.Announcement;
import io.varve.cluster.BrokerRegistration.Phase;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A partition on its way to the brokers that it is assigned to. A broker that stands in for one that is not there is not on its way anywhere, and one
 * whose copy is missing since it was lost gets the next, which is no move either.
 *
 * @param adding brokers that are to have it and have not
 * @param removing brokers that have it and are not to have it any more
 */
public record Move(List<Integer> adding, List<Integer> removing) {
    public Move {
        adding = List.copyOf(adding);
        removing = List.copyOf(removing);
    }

    /**
     * The move that is under way, if there is one.
     *
     * @param assigned the brokers that the partition is assigned to
     * @param leader where it is
     */
    public static Optional<Move> of(
            List<Integer> assigned, Leadership.Leader leader, Collection<Announcement> brokers) {
        List<Integer> removing = new ArrayList<>(leader.replicas());
        removing.removeAll(assigned);
        Set<Integer> serving = new HashSet<>();
        for (Announcement broker : brokers) {
            if (broker.phase() == Phase.SERVING) {
                serving.add(broker.id());
            }
        }
        boolean ownerLeaves =
                !assigned.contains(leader.broker()) && assigned.stream().anyMatch(serving::contains);
        boolean isUnderWay = leader.broker() != PartitionRecord.NO_OWNER
                && !assigned.isEmpty()
                && !removing.isEmpty()
                && (ownerLeaves || serving.containsAll(assigned));
        if (!isUnderWay) {
            return Optional.empty();
        }
        List<Integer> adding = new ArrayList<>(assigned);
        adding.removeAll(leader.replicas());
        return Optional.of(new Move(adding, removing));
    }
}
