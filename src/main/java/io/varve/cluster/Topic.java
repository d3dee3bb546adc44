package io.varve.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
 */
public record Topic(
        String name,
        Uuid id,
        int partitions,
        short replicationFactor,
        Map<String, String> configs,
        List<List<Integer>> assignments) {
    public Topic {
        configs = Map.copyOf(configs);
        assignments = assignments.stream().map(List::copyOf).toList();
    }

    /** A topic whose partitions may be anywhere. */
    public Topic(String name, Uuid id, int partitions, short replicationFactor, Map<String, String> configs) {
        this(name, id, partitions, replicationFactor, configs, List.of());
    }

    /** The same topic with other assignments for the partitions in {@code changed}. */
    public Topic reassigned(Map<Integer, List<Integer>> changed) {
        List<List<Integer>> all = new ArrayList<>();
        for (int index = 0; index < partitions; index++) {
            all.add(changed.getOrDefault(index, assignment(index)));
        }
        return new Topic(name, id, partitions, replicationFactor, configs, all);
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
