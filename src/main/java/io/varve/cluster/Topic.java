package io.varve.cluster;

import io.varve.cluster.Placed.By;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.Uuid;

/**
 * A topic as the cluster knows it.
 *
 * @param name unique at any moment, by Kafka's rules for names
 * @param id unique for ever
 * @param partitions how many, at least 1; only ever grows
 * @param replicationFactor as asked for when it was created
 * @param configs what was set for this topic, by Kafka's names; defaults are not in here
 * @param assignments the brokers that each partition is for, the preferred owner first; may have fewer entries than there are partitions:
 *     those without one may be anywhere
 * @param placed how partitions came to their assignments, for those that were moved; the {@link #MAX_PLACED} newest
 */
public record Topic(
        String name,
        Uuid id,
        int partitions,
        short replicationFactor,
        Map<String, String> configs,
        List<List<Integer>> assignments,
        Map<Integer, Placed> placed) {

    /** About 0.1 KiB each, in a value of at most 1.5 MiB. Which partitions were moved before those is forgotten. */
    static final int MAX_PLACED = 2_000;

    public Topic {
        configs = Map.copyOf(configs);
        assignments = assignments.stream().map(List::copyOf).toList();
        placed = newest(placed);
    }

    /** A topic whose partitions are where they were put when it was created. */
    public Topic(
            String name,
            Uuid id,
            int partitions,
            short replicationFactor,
            Map<String, String> configs,
            List<List<Integer>> assignments) {
        this(name, id, partitions, replicationFactor, configs, assignments, Map.of());
    }

    /** A topic whose partitions may be anywhere. */
    public Topic(String name, Uuid id, int partitions, short replicationFactor, Map<String, String> configs) {
        this(name, id, partitions, replicationFactor, configs, List.of());
    }

    /** What a person chose is forgotten last: the placer would move it. */
    private static Map<Integer, Placed> newest(Map<Integer, Placed> all) {
        if (all.size() <= MAX_PLACED) {
            return Map.copyOf(all);
        }
        Map<Integer, Placed> kept = new HashMap<>();
        all.entrySet().stream()
                .sorted(Comparator.comparing((Map.Entry<Integer, Placed> entry) ->
                                entry.getValue().by() != By.HAND)
                        .thenComparingLong(entry -> -entry.getValue().atMillis())
                        .thenComparing(Map.Entry::getKey))
                .limit(MAX_PLACED)
                .forEach(entry -> kept.put(entry.getKey(), entry.getValue()));
        return Map.copyOf(kept);
    }

    /** The same topic with other settings of its own. */
    Topic withConfigs(Map<String, String> changed) {
        return new Topic(name, id, partitions, replicationFactor, changed, assignments, placed);
    }

    /** The same topic with more partitions. */
    Topic withPartitions(int total, List<List<Integer>> all) {
        return new Topic(name, id, total, replicationFactor, configs, all, placed);
    }

    /** The same topic with other assignments for the partitions in {@code changed}, which somebody chose: the placer leaves them alone. */
    public Topic reassigned(Map<Integer, List<Integer>> changed, long nowMillis) {
        return with(changed, old -> old.changed(By.HAND, "", nowMillis));
    }

    /**
     * The same topic with a partition moved by the placer; unchanged when it is not any more as the placer saw it, since somebody else has moved it
     * then.
     *
     * @param seen the assignment that the placer decided upon
     */
    public Topic moved(int partition, List<Integer> seen, List<Integer> next, String why, long nowMillis) {
        return partition < partitions && assignment(partition).equals(seen)
                ? with(Map.of(partition, next), old -> old.changed(By.PLACER, why, nowMillis))
                : this;
    }

    /** The same topic, in which the placer may move these partitions again. */
    public Topic released(Collection<Integer> released, long nowMillis) {
        Map<Integer, List<Integer>> same = new HashMap<>();
        released.forEach(partition -> same.put(partition, assignment(partition)));
        return with(same, old -> old.changed(null, "", nowMillis));
    }

    /** The same topic, in which the owners of these partitions are asked to give them to the preferred owners now. */
    public Topic elected(Collection<Integer> asked, long nowMillis) {
        Map<Integer, List<Integer>> same = new HashMap<>();
        asked.forEach(partition -> same.put(partition, assignment(partition)));
        return with(same, old -> old.asked(nowMillis));
    }

    private Topic with(Map<Integer, List<Integer>> changed, UnaryOperator<Placed> how) {
        List<List<Integer>> all = new ArrayList<>();
        for (int index = 0; index < partitions; index++) {
            all.add(changed.getOrDefault(index, assignment(index)));
        }
        Map<Integer, Placed> notes = new HashMap<>(placed);
        changed.keySet().forEach(index -> notes.put(index, how.apply(placed(index))));
        return new Topic(name, id, partitions, replicationFactor, configs, all, notes);
    }

    /** How a partition came to its assignment. */
    public Placed placed(int partition) {
        return placed.getOrDefault(partition, Placed.NEVER);
    }

    /** Whether somebody chose where the partition is. */
    public boolean isByHand(int partition) {
        return placed(partition).by() == By.HAND;
    }

    /** How many brokers a partition ought to be on. */
    public int replicas(int partition) {
        List<Integer> assigned = assignment(partition);
        return assigned.isEmpty() ? replicationFactor : assigned.size();
    }

    /** The brokers that a partition is for, the preferred owner first; empty when it may be anywhere. */
    public List<Integer> assignment(int partition) {
        return partition < assignments.size() ? assignments.get(partition) : List.of();
    }
}
