package io.varve.broker.records;

import io.varve.cluster.BrokerRegistration.Announcement;
import io.varve.cluster.BrokerRegistration.Phase;
import io.varve.cluster.ClusterView;
import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord.Member;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which broker of its own rack a consumer is told to read from (KIP-392): a live member of the ensemble, who has everything that is safe. The same one
 * for a partition while its ensemble stays, another for another partition. Answers from memory. Thread-safe.
 */
final class ReadReplicas {
    /** Sends nobody anywhere. */
    static final ReadReplicas NONE = new ReadReplicas(null);

    private final @Nullable ClusterView cluster;

    ReadReplicas(@Nullable ClusterView cluster) {
        this.cluster = cluster;
    }

    /**
     * The brokers in {@code rack} that serve: one that starts has copies before its Kafka port is open, and one that stops takes no connections any
     * more. Empty when this broker is there: nobody is nearer then.
     */
    Set<Member> in(String rack) {
        if (rack.isEmpty() || cluster == null) {
            return Set.of();
        }
        Set<Member> there = new HashSet<>();
        for (Announcement broker : cluster.announcements()) {
            String disk = broker.disk();
            if (!rack.equals(broker.rack()) || disk == null) {
                continue;
            }
            if (broker.id() == cluster.self()) {
                return Set.of();
            }
            if (broker.phase() == Phase.SERVING) {
                there.add(new Member(broker.id(), disk));
            }
        }
        return there;
    }

    /**
     * The one to read from; empty when the owner is the one.
     *
     * @param followers the members that can be read from
     */
    static OptionalInt choose(PartitionId id, List<Member> followers, Set<Member> near) {
        List<Integer> members = followers.stream()
                .filter(near::contains)
                .map(Member::broker)
                .sorted(Comparator.naturalOrder())
                .toList();
        return members.isEmpty()
                ? OptionalInt.empty()
                : OptionalInt.of(members.get(Math.floorMod(id.hashCode(), members.size())));
    }
}
