package io.varve.broker.admin;

import io.varve.cluster.Topic;
import io.varve.cluster.TopicRegistry;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Topics in memory, by the contract of {@link TopicRegistry}. */
final class MemoryTopics implements TopicRegistry {
    private final Map<String, Topic> topics = new ConcurrentSkipListMap<>();
    private volatile RuntimeException failure;
    private volatile Runnable changed = () -> {};

    /** Runs after every change from now on. */
    void onChange(Runnable action) {
        changed = action;
    }

    /** Every change from now on fails so. */
    void failWith(RuntimeException e) {
        failure = e;
    }

    Topic add(String name, int partitions) {
        return create(name, partitions, (short) 1, Map.of());
    }

    Topic add(String name, Map<String, String> configs) {
        return create(name, 1, (short) 1, configs);
    }

    @Override
    public Optional<Topic> byName(String name) {
        return Optional.ofNullable(topics.get(name));
    }

    @Override
    public Optional<Topic> byId(Uuid id) {
        return topics.values().stream().filter(topic -> topic.id().equals(id)).findFirst();
    }

    @Override
    public Collection<Topic> all() {
        return List.copyOf(topics.values());
    }

    @Override
    public Topic create(
            String name,
            int partitions,
            short replicationFactor,
            Map<String, String> configs,
            List<List<Integer>> assignments) {
        if (topics.containsKey(name)) {
            throw new TopicExistsException(name);
        }
        return put(new Topic(name, Uuid.randomUuid(), partitions, replicationFactor, configs, assignments));
    }

    private Topic put(Topic topic) {
        if (failure != null) {
            throw failure;
        }
        topics.put(topic.name(), topic);
        changed.run();
        return topic;
    }

    @Override
    public void delete(Topic topic) {
        if (failure != null) {
            throw failure;
        }
        if (topics.remove(topic.name()) == null) {
            throw new UnknownTopicOrPartitionException(topic.name());
        }
    }

    @Override
    public Topic addPartitions(Topic topic, int total, List<List<Integer>> added) {
        return put(new Topic(topic.name(), topic.id(), total, topic.replicationFactor(), topic.configs()));
    }

    @Override
    public Topic reassign(Topic topic, UnaryOperator<Topic> change) {
        return put(change.apply(topics.get(topic.name())));
    }

    @Override
    public Topic alterConfigs(Topic topic, UnaryOperator<Map<String, String>> change) {
        Topic now = topics.get(topic.name());
        return put(new Topic(
                now.name(), now.id(), now.partitions(), now.replicationFactor(), change.apply(now.configs())));
    }

    @Override
    public void addListener(Listener listener) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
}
