package io.varve.broker.records;

import io.varve.cluster.BrokerRegistration.Announcement;
import io.varve.cluster.ClusterView;
import io.varve.cluster.PartitionRecord.Member;
import io.varve.log.Partition;
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

    /** The live brokers in {@code rack}; empty when this one is: nobody is nearer then. */
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
            there.add(new Member(broker.id(), disk));
        }
        return there;
    }

    /** The one of {@code near} to read {@code offset} from; empty when the owner is the one. */
    static OptionalInt choose(Partition partition, long offset, Set<Member> near) {
        if (near.isEmpty()) {
            return OptionalInt.empty();
        }
        List<Integer> members = partition.reader().followersAt(offset).stream()
                .filter(near::contains)
                .map(Member::broker)
                .sorted(Comparator.naturalOrder())
                .toList();
        return members.isEmpty()
                ? OptionalInt.empty()
                : OptionalInt.of(members.get(Math.floorMod(partition.id().hashCode(), members.size())));
    }
}
