package io.varve.cluster;

import io.varve.cluster.BrokerRegistration.Announcement;
import io.varve.cluster.BrokerRegistration.Phase;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Where partitions are put: pure functions of what is known of topics and brokers. Safety does not depend on any of it.
 */
public final class Placement {
    private Placement() {}

    /**
     * Assigns new partitions to brokers, evenly: the first broker of each, its owner while it lives, goes round from the one that owns
     * least, and the others follow in the same round, other racks first.
     *
     * @param partitions how many
     * @param replicationFactor brokers a partition gets; fewer when there are fewer
     * @param brokers those that are there; the ones that start or stop are used only when the others are too few
     * @param existing topics whose partitions count as load
     * @return broker ids by partition index, the preferred owner first
     */
    public static List<List<Integer>> assign(
            int partitions, int replicationFactor, Collection<Announcement> brokers, Collection<Topic> existing) {
        List<Announcement> serving = brokers.stream()
                .filter(broker -> broker.phase() == Phase.SERVING)
                .toList();
        List<Announcement> round = round(serving.size() >= replicationFactor ? serving : brokers, existing);
        List<List<Integer>> assignment = new ArrayList<>();
        for (int index = 0; index < partitions && !round.isEmpty(); index++) {
            assignment.add(replicas(round, index, replicationFactor));
        }
        return assignment;
    }

    /** The brokers by how little they own, as far as topics say. */
    private static List<Announcement> round(Collection<Announcement> brokers, Collection<Topic> existing) {
        Map<Integer, Integer> owned = new HashMap<>();
        for (Topic topic : existing) {
            for (List<Integer> replicas : topic.assignments()) {
                if (!replicas.isEmpty()) {
                    owned.merge(replicas.getFirst(), 1, Integer::sum);
                }
            }
        }
        List<Announcement> round = new ArrayList<>(brokers);
        round.sort(Comparator.comparingInt((Announcement broker) -> owned.getOrDefault(broker.id(), 0))
                .thenComparingInt(Announcement::id));
        return round;
    }

    private static List<Integer> replicas(List<Announcement> round, int index, int replicationFactor) {
        int count = Math.min(replicationFactor, round.size());
        // Every time round the followers shift by one, so that the partitions of one owner have different ones.
        int shift = index / round.size();
        List<Announcement> candidates = new ArrayList<>();
        Announcement owner = round.get(index % round.size());
        for (int i = 0; i < round.size() - 1; i++) {
            candidates.add(round.get((index + 1 + (shift + i) % (round.size() - 1)) % round.size()));
        }
        List<Integer> replicas = new ArrayList<>();
        replicas.add(owner.id());
        Set<String> racks = new HashSet<>();
        racks.add(rack(owner));
        addReplicas(replicas, candidates, racks, count);
        return replicas;
    }

    /**
     * Chooses the ensemble of a new segment.
     *
     * @param owner its first member
     * @param candidates others, best first
     * @param assigned brokers that are chosen before all others
     * @param size at most so many members
     */
    static List<Announcement> ensemble(
            Announcement owner, List<Announcement> candidates, List<Integer> assigned, int size) {
        List<Integer> chosen = new ArrayList<>(List.of(owner.id()));
        Set<String> racks = new HashSet<>(Set.of(rack(owner)));
        for (Announcement candidate : candidates) {
            if (chosen.size() < size && assigned.contains(candidate.id())) {
                chosen.add(candidate.id());
                racks.add(rack(candidate));
            }
        }
        addReplicas(chosen, candidates, racks, size);
        Map<Integer, Announcement> byId = new HashMap<>(Map.of(owner.id(), owner));
        candidates.forEach(candidate -> byId.put(candidate.id(), candidate));
        return chosen.stream().map(byId::get).toList();
    }

    private static void addReplicas(
            List<Integer> replicas, List<Announcement> candidates, Set<String> racks, int count) {
        for (Announcement candidate : candidates) {
            if (replicas.size() < count && !replicas.contains(candidate.id()) && racks.add(rack(candidate))) {
                replicas.add(candidate.id());
            }
        }
        for (Announcement candidate : candidates) {
            if (replicas.size() < count && !replicas.contains(candidate.id())) {
                replicas.add(candidate.id());
            }
        }
    }

    /** A broker that names no rack is one by itself. */
    static String rack(Announcement broker) {
        String rack = broker.rack();
        return rack == null ? "broker-" + broker.id() : "rack-" + rack;
    }

    /**
     * All brokers in an order that is the partition's own and the same everywhere (rendezvous hashing): when one comes or goes, the order of
     * the others stays.
     */
    public static List<Integer> ranked(PartitionId id, Collection<Announcement> brokers) {
        List<Integer> ranked = new ArrayList<>();
        brokers.forEach(broker -> ranked.add(broker.id()));
        ranked.sort(Comparator.comparingLong((Integer broker) -> weight(id.hashCode(), broker))
                .thenComparingInt(Integer::intValue));
        return ranked;
    }

    /** The broker of {@code brokers} that coordinator shard {@code shard} is for, by the same kind of order. */
    public static int shardOwner(int shard, Collection<Announcement> brokers) {
        int owner = PartitionRecord.NO_OWNER;
        long least = Long.MAX_VALUE;
        for (Announcement broker : brokers) {
            long weight = weight(shard, broker.id());
            if (owner == PartitionRecord.NO_OWNER || weight < least) {
                owner = broker.id();
                least = weight;
            }
        }
        return owner;
    }

    /** The finalizer of SplitMix64 (Steele, Lea, Flood 2014): neighbouring ids must not give neighbouring weights. */
    private static long weight(int item, int broker) {
        long z = ((long) item << 32) ^ broker;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
