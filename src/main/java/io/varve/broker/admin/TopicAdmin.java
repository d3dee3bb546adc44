package io.varve.broker.admin;

import io.varve.cluster.BrokerDefaults;
import io.varve.cluster.ClusterView;
import io.varve.cluster.Topic;
import io.varve.cluster.TopicConfigs;
import io.varve.cluster.TopicRegistry;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.jspecify.annotations.Nullable;

/**
 * Creates and grows topics by the rules of Kafka's controller: names, counts, manual assignments, configs. Shared by Kafka's protocol and
 * HTTP. Methods that change something block on the metadata store. Thread-safe.
 */
public final class TopicAdmin {
    /** More than anybody can mean; keeps a typing error from filling the metadata store. */
    static final int MAX_PARTITIONS = 100_000;

    private final TopicRegistry topics;
    private final TopicConfigs configs;
    private final BrokerDefaults defaults;
    private final ClusterView cluster;

    public TopicAdmin(TopicRegistry topics, TopicConfigs configs, BrokerDefaults defaults, ClusterView cluster) {
        this.topics = topics;
        this.configs = configs;
        this.defaults = defaults;
        this.cluster = cluster;
    }

    /**
     * What is to be created.
     *
     * @param partitions -1 for the broker's default
     * @param replicationFactor -1 for the broker's default
     * @param assignments broker ids by partition index; empty to leave the choice to the cluster
     */
    public record NewTopic(
            String name,
            int partitions,
            int replicationFactor,
            Map<Integer, List<Integer>> assignments,
            Map<String, String> configs) {}

    /**
     * Checks a new topic and creates it unless {@code validateOnly}.
     *
     * @return the topic; with {@code validateOnly} as it would be, without an id
     * @throws org.apache.kafka.common.errors.ApiException as Kafka's controller would answer
     */
    public Topic create(NewTopic wanted, boolean validateOnly) {
        org.apache.kafka.common.internals.Topic.validate(wanted.name());
        checkNameIsFree(wanted.name());
        Topic topic = new Topic(
                wanted.name(), Uuid.ZERO_UUID, partitions(wanted), replicationFactor(wanted), wanted.configs());
        configs.validate(Map.of(), wanted.configs());
        return validateOnly
                ? topic
                : topics.create(topic.name(), topic.partitions(), topic.replicationFactor(), topic.configs());
    }

    /** Creates a topic that somebody asked about, with the broker's defaults ({@code auto.create.topics.enable}). */
    Topic createAutomatically(String name) {
        return create(new NewTopic(name, -1, -1, Map.of(), Map.of()), false);
    }

    private void checkNameIsFree(String name) {
        if (topics.byName(name).isPresent()) {
            throw new TopicExistsException("Topic '" + name + "' already exists.");
        }
        if (!org.apache.kafka.common.internals.Topic.hasCollisionChars(name)) {
            return;
        }
        for (Topic other : topics.all()) {
            if (org.apache.kafka.common.internals.Topic.hasCollision(name, other.name())) {
                throw new InvalidTopicException("Topic '" + name + "' collides with existing topic: " + other.name());
            }
        }
    }

    private int partitions(NewTopic wanted) {
        if (!wanted.assignments().isEmpty()) {
            if (wanted.partitions() != -1 || wanted.replicationFactor() != -1) {
                throw new InvalidRequestException(
                        "A manual partition assignment was specified, but number of partitions or replication factor was also set.");
            }
            checkAssignments(wanted.assignments(), 0);
            return wanted.assignments().size();
        }
        int partitions = wanted.partitions() == -1 ? defaults.intValue("num.partitions") : wanted.partitions();
        if (partitions <= 0 || partitions > MAX_PARTITIONS) {
            throw new InvalidPartitionsException("Number of partitions was set to " + partitions
                    + ": it must be between 1 and " + MAX_PARTITIONS + ".");
        }
        return partitions;
    }

    private short replicationFactor(NewTopic wanted) {
        int factor;
        if (!wanted.assignments().isEmpty()) {
            factor = wanted.assignments().values().iterator().next().size();
        } else if (wanted.replicationFactor() == -1) {
            factor = defaults.intValue("default.replication.factor");
        } else {
            factor = wanted.replicationFactor();
        }
        if (factor <= 0) {
            throw new InvalidReplicationFactorException("Replication factor must be larger than 0.");
        }
        int live = cluster.brokers().size();
        if (factor > live) {
            throw new InvalidReplicationFactorException("Unable to replicate the partition " + factor
                    + " time(s): The target replication factor of " + factor
                    + " cannot be reached because only " + live + " broker(s) are registered.");
        }
        return (short) factor;
    }

    /** Manual assignments must number the partitions without gaps and name live brokers, each once, equally many. */
    private void checkAssignments(Map<Integer, List<Integer>> assignments, int first) {
        Set<Integer> live = new HashSet<>();
        cluster.brokers().forEach(broker -> live.add(broker.id()));
        int replicas = assignments.values().iterator().next().size();
        for (int index = first; index < first + assignments.size(); index++) {
            List<Integer> brokers = assignments.get(index);
            if (brokers == null) {
                throw new InvalidReplicaAssignmentException(
                        "partitions should be a consecutive 0-based integer sequence");
            }
            if (brokers.isEmpty() || brokers.size() != replicas || new HashSet<>(brokers).size() != brokers.size()) {
                throw new InvalidReplicaAssignmentException("The manual partition assignment of partition " + index
                        + " is empty, uneven or names a broker twice.");
            }
            if (!live.containsAll(brokers)) {
                throw new InvalidReplicaAssignmentException("The manual partition assignment includes a broker of "
                        + brokers + ", but that is not registered.");
            }
        }
    }

    /**
     * Grows a topic.
     *
     * @param assignments of the new partitions, in order; null to leave the choice to the cluster
     */
    void addPartitions(Topic topic, int total, @Nullable List<List<Integer>> assignments, boolean validateOnly) {
        if (total <= topic.partitions()) {
            throw new InvalidPartitionsException("The topic " + topic.name() + " currently has " + topic.partitions()
                    + " partition(s); " + total + " would not be an increase.");
        }
        if (total > MAX_PARTITIONS) {
            throw new InvalidPartitionsException("A topic can have at most " + MAX_PARTITIONS + " partitions.");
        }
        if (assignments != null) {
            if (assignments.size() != total - topic.partitions()) {
                throw new InvalidReplicaAssignmentException("Attempted to add " + (total - topic.partitions())
                        + " additional partition(s), but " + assignments.size() + " assignment(s) were specified.");
            }
            Map<Integer, List<Integer>> byIndex = new HashMap<>();
            for (int i = 0; i < assignments.size(); i++) {
                byIndex.put(topic.partitions() + i, assignments.get(i));
            }
            checkAssignments(byIndex, topic.partitions());
        }
        if (!validateOnly) {
            topics.addPartitions(topic, total);
        }
    }
}
