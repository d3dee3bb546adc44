package io.varve.cluster;

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
 */
public record Topic(String name, Uuid id, int partitions, short replicationFactor, Map<String, String> configs) {
    public Topic {
        configs = Map.copyOf(configs);
    }
}
