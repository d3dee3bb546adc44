package io.varve.cluster;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.Uuid;

/**
 * The topics of the cluster: reads come from memory (fed by one watch), changes go to the metadata store by compare-and-swap and
 * return when this broker's memory shows them. Changes block; call them from virtual threads. Thread-safe.
 *
 * <p>Keys: {@code topics/<name>}.
 */
public interface TopicRegistry extends AutoCloseable {

    Optional<Topic> byName(String name);

    Optional<Topic> byId(Uuid id);

    /** A consistent snapshot of all topics, in no particular order. */
    Collection<Topic> all();

    /**
     * Creates a topic with a new id.
     *
     * @param assignments see {@link Topic#assignments}
     * @throws org.apache.kafka.common.errors.TopicExistsException when the name is taken
     */
    Topic create(
            String name,
            int partitions,
            short replicationFactor,
            Map<String, String> configs,
            List<List<Integer>> assignments);

    /** Creates a topic whose partitions may be anywhere. */
    default Topic create(String name, int partitions, short replicationFactor, Map<String, String> configs) {
        return create(name, partitions, replicationFactor, configs, List.of());
    }

    /**
     * Removes the topic and all its partition records; its objects are left to the sweeper (rule 8).
     *
     * @throws org.apache.kafka.common.errors.UnknownTopicOrPartitionException when there is none (any more)
     */
    void delete(Topic topic);

    /**
     * Grows the number of partitions.
     *
     * @param added assignments of the new partitions, in order
     * @throws org.apache.kafka.common.errors.InvalidPartitionsException when {@code total} is not larger than now
     */
    Topic addPartitions(Topic topic, int total, List<List<Integer>> added);

    /** Grows a topic by partitions that may be anywhere. */
    default Topic addPartitions(Topic topic, int total) {
        return addPartitions(topic, total, List.of());
    }

    /**
     * Gives partitions to other brokers: replaces assignments, and how they came about, by {@code change} of the newest ones, retrying on
     * conflicts. Nothing is written when nothing changes.
     */
    Topic reassign(Topic topic, UnaryOperator<Topic> change);

    /** Replaces the topic's own configs by {@code change} of the newest ones, retrying on conflicts. */
    Topic alterConfigs(Topic topic, UnaryOperator<Map<String, String>> change);

    /** Hears of every change, in order, on the watch's thread: must not block. Called for existing topics at once. */
    void addListener(Listener listener);

    /** What a listener hears. */
    interface Listener {
        /** A topic is new, or its partitions or configs have changed. */
        void onTopic(Topic topic);

        /** A topic is gone. */
        void onTopicDeleted(Topic topic);
    }

    @Override
    void close();
}
