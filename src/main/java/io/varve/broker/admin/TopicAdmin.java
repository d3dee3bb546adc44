package io.varve.broker.admin;

import io.varve.cluster.BrokerDefaults;
import io.varve.cluster.ClusterView;
import io.varve.cluster.Placement;
import io.varve.cluster.Topic;
import io.varve.cluster.TopicConfigs;
import io.varve.cluster.TopicRegistry;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.jspecify.annotations.Nullable;

/**
 * Creates and grows topics by the rules of Kafka's controller: names, counts, manual assignments, configs. Methods that change
 * something block on the metadata store. Thread-safe.
 */
public final class TopicAdmin {
    /** More than anybody can mean; keeps a typing error from filling the metadata store. */
    static final int MAX_PARTITIONS = 100_000;

    private final TopicRegistry topics;
    private final TopicConfigs configs;
    private final BrokerDefaults defaults;
    private final ClusterView cluster;
    private final ManualAssignments assignments;

    public TopicAdmin(TopicRegistry topics, TopicConfigs configs, BrokerDefaults defaults, ClusterView cluster) {
        this.topics = topics;
        this.configs = configs;
        this.defaults = defaults;
        this.cluster = cluster;
        this.assignments = new ManualAssignments(cluster);
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
        String name = wanted.name();
        org.apache.kafka.common.internals.Topic.validate(name);
        if (name.equals(org.apache.kafka.common.internals.Topic.CLUSTER_METADATA_TOPIC_NAME)) {
            throw new InvalidRequestException("Creation of internal topic " + name + " is prohibited.");
        }
        checkNameIsFree(name);
        configs.validate(Map.of(), wanted.configs());
        int factor;
        int partitions;
        if (wanted.assignments().isEmpty()) {
            factor = replicationFactor(wanted.replicationFactor());
            partitions = partitions(wanted.partitions());
            checkReachable(factor);
        } else {
            factor = assignedFactor(wanted);
            partitions = wanted.assignments().size();
        }
        return validateOnly
                ? new Topic(name, Uuid.ZERO_UUID, partitions, (short) factor, wanted.configs())
                : topics.create(
                        name, partitions, (short) factor, wanted.configs(), assigned(wanted, partitions, factor));
    }

    /** Where the partitions go: where the client says, else evenly over the brokers. */
    private List<List<Integer>> assigned(NewTopic wanted, int partitions, int factor) {
        return wanted.assignments().isEmpty()
                ? Placement.assign(partitions, factor, cluster.announcements(), topics.all())
                : List.copyOf(new TreeMap<>(wanted.assignments()).values());
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

    private int replicationFactor(int wanted) {
        if (wanted < -1 || wanted == 0) {
            throw new InvalidReplicationFactorException(
                    "Replication factor must be larger than 0, or -1 to use the default value.");
        }
        return wanted == -1 ? defaults.intValue("default.replication.factor") : wanted;
    }

    private int partitions(int wanted) {
        if (wanted < -1 || wanted == 0) {
            throw new InvalidPartitionsException("Number of partitions was set to an invalid non-positive value.");
        }
        return bounded(wanted == -1 ? defaults.intValue("num.partitions") : wanted);
    }

    private static int bounded(int partitions) {
        if (partitions > MAX_PARTITIONS) {
            throw new InvalidPartitionsException("Number of partitions was set to " + partitions
                    + ": a topic can have at most " + MAX_PARTITIONS + ".");
        }
        return partitions;
    }

    private void checkReachable(int factor) {
        int live = cluster.brokers().size();
        if (factor > live) {
            throw new InvalidReplicationFactorException("Unable to replicate the partition " + factor
                    + " time(s): The target replication factor of " + factor
                    + " cannot be reached because only " + live + " broker(s) are registered.");
        }
    }

    private int assignedFactor(NewTopic wanted) {
        if (wanted.replicationFactor() != -1) {
            throw new InvalidRequestException(
                    "A manual partition assignment was specified, but replication factor was not set to -1.");
        }
        if (wanted.partitions() != -1) {
            throw new InvalidRequestException(
                    "A manual partition assignment was specified, but numPartitions was not set to -1.");
        }
        int factor = assignments.check(wanted.assignments().values(), ManualAssignments.ANY_FACTOR);
        for (int index = 0; index < bounded(wanted.assignments().size()); index++) {
            if (!wanted.assignments().containsKey(index)) {
                throw new InvalidReplicaAssignmentException(
                        "partitions should be a consecutive 0-based integer sequence");
            }
        }
        return factor;
    }

    /**
     * Grows a topic.
     *
     * @param added assignments of the new partitions, in order; null to leave the choice to the cluster
     */
    void addPartitions(Topic topic, int total, @Nullable List<List<Integer>> added, boolean validateOnly) {
        if (total == topic.partitions()) {
            throw new InvalidPartitionsException("Topic already has " + total + " partition(s).");
        }
        if (total < topic.partitions()) {
            throw new InvalidPartitionsException("The topic " + topic.name() + " currently has " + topic.partitions()
                    + " partition(s); " + total + " would not be an increase.");
        }
        int additional = bounded(total) - topic.partitions();
        if (added != null) {
            if (added.size() != additional) {
                throw new InvalidReplicaAssignmentException("Attempted to add " + additional
                        + " additional partition(s), but only " + added.size() + " assignment(s) were specified.");
            }
            int _ = assignments.check(added, topic.replicationFactor());
        }
        if (!validateOnly) {
            topics.addPartitions(
                    topic,
                    total,
                    added != null
                            ? added
                            : Placement.assign(
                                    additional, topic.replicationFactor(), cluster.announcements(), topics.all()));
        }
    }
}
