package io.varve.cluster;

import io.varve.cluster.PlacementState.Assigned;
import io.varve.cluster.PlacementState.Site;
import io.varve.cluster.PlacementState.Step;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Assignments as they would be after some steps, and what each broker would have then. Each partition changes at most once. Not thread-safe. */
final class PlacementSketch {
    private final PlacementState state;
    private final Map<Integer, String> racks;
    private final Map<PartitionId, List<Integer>> now = new LinkedHashMap<>();
    private final Map<PartitionId, Step> steps = new LinkedHashMap<>();
    private final Map<Integer, Load> loads = new TreeMap<>();

    /** What one broker has. */
    static final class Load {
        private int places;
        private int owned;
        private long ownedBytes;

        int places() {
            return places;
        }

        int owned() {
            return owned;
        }

        long ownedBytes() {
            return ownedBytes;
        }
    }

    PlacementSketch(PlacementState state) {
        this.state = state;
        this.racks = state.racks();
        state.brokers().forEach(broker -> loads.put(broker.id(), new Load()));
        for (Assigned partition : state.partitions()) {
            now.put(partition.id(), partition.brokers());
            count(partition, partition.brokers(), 1);
        }
    }

    private void count(Assigned partition, List<Integer> assigned, int sign) {
        for (int index = 0; index < assigned.size(); index++) {
            Load load = loads.get(assigned.get(index));
            if (load != null) {
                load.places += sign;
                load.owned += index == 0 ? sign : 0;
                load.ownedBytes += index == 0 ? sign * partition.bytesPerSecond() : 0;
            }
        }
    }

    PlacementState state() {
        return state;
    }

    List<Step> steps() {
        return List.copyOf(steps.values());
    }

    int size() {
        return steps.size();
    }

    List<Integer> assigned(Assigned partition) {
        return now.getOrDefault(partition.id(), List.of());
    }

    boolean isServing(int broker) {
        return loads.containsKey(broker);
    }

    Load load(int broker) {
        return loads.getOrDefault(broker, new Load());
    }

    /** Partitions that may still be moved: nobody chose where they are, and no step has changed them. */
    Stream<Assigned> movable() {
        return state.partitions().stream()
                .filter(partition -> !partition.byHand() && !steps.containsKey(partition.id()));
    }

    /** Gives a partition to other brokers. */
    void change(Assigned partition, List<Integer> to, String why) {
        List<Integer> from = assigned(partition);
        count(partition, from, -1);
        count(partition, to, 1);
        now.put(partition.id(), List.copyOf(to));
        steps.put(partition.id(), new Step(partition.topic(), partition.id(), from, to, why));
    }

    /** The brokers that serve, by what they have, least first. */
    List<Integer> ascending(ToLongFunction<Load> measure) {
        return loads.entrySet().stream()
                .sorted(Comparator.comparingLong(
                                (Map.Entry<Integer, Load> entry) -> measure.applyAsLong(entry.getValue()))
                        .thenComparing(Map.Entry::getKey))
                .map(Map.Entry::getKey)
                .toList();
    }

    /**
     * The broker that serves and that should get a copy beside {@code others}: in a rack where none of them is, if there is one; of those the one that has
     * least.
     *
     * @return null when there is none
     */
    @Nullable
    Integer best(List<Integer> others, Predicate<Site> allowed) {
        Set<String> taken = racksOf(others);
        return state.brokers().stream()
                .filter(broker -> !others.contains(broker.id()) && allowed.test(broker))
                .min(Comparator.comparing((Site broker) -> taken.contains(broker.rack()))
                        .thenComparingInt(broker -> load(broker.id()).places)
                        .thenComparingInt(broker -> load(broker.id()).owned)
                        .thenComparingInt(Site::id))
                .map(Site::id)
                .orElse(null);
    }

    Set<String> racksOf(List<Integer> brokers) {
        Set<String> found = new HashSet<>();
        brokers.forEach(broker -> found.add(rack(broker)));
        return found;
    }

    /** Of a broker that is not there nothing is known. */
    String rack(int broker) {
        return racks.getOrDefault(broker, "broker-" + broker);
    }

    /** Whether the copies would be in no fewer racks. */
    boolean keepsRacks(List<Integer> from, List<Integer> to) {
        return racksOf(to).size() >= racksOf(from).size();
    }

    /** The assignment with {@code to} where {@code from} is; when both are in it they change places. */
    static List<Integer> transferred(List<Integer> assigned, int from, int to) {
        List<Integer> next = new ArrayList<>(assigned);
        next.replaceAll(broker -> broker == from ? Integer.valueOf(to) : broker == to ? Integer.valueOf(from) : broker);
        return next;
    }
}
