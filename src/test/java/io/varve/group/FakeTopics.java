package io.varve.group;

import io.varve.cluster.Topic;
import io.varve.cluster.TopicRegistry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.Uuid;

/** Topics in memory. */
public final class FakeTopics implements TopicRegistry {
    private final Map<String, Topic> topics = new ConcurrentHashMap<>();
    private final List<Listener> listeners = new ArrayList<>();

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

    public Topic create(String name, int partitions) {
        return create(name, partitions, (short) 1, Map.of());
    }

    @Override
    public synchronized Topic create(
            String name,
            int partitions,
            short replicationFactor,
            Map<String, String> configs,
            List<List<Integer>> assignments) {
        Topic topic = new Topic(name, Uuid.randomUuid(), partitions, replicationFactor, configs);
        topics.put(name, topic);
        listeners.forEach(listener -> listener.onTopic(topic));
        return topic;
    }

    @Override
    public synchronized void delete(Topic topic) {
        topics.remove(topic.name());
        listeners.forEach(listener -> listener.onTopicDeleted(topic));
    }

    @Override
    public synchronized Topic addPartitions(Topic topic, int total, List<List<Integer>> added) {
        Topic grown = new Topic(topic.name(), topic.id(), total, topic.replicationFactor(), topic.configs());
        topics.put(topic.name(), grown);
        listeners.forEach(listener -> listener.onTopic(grown));
        return grown;
    }

    @Override
    public Topic reassign(Topic topic, UnaryOperator<Topic> change) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Topic alterConfigs(Topic topic, UnaryOperator<Map<String, String>> change) {
        throw new UnsupportedOperationException();
    }

    @Override
    public synchronized void addListener(Listener listener) {
        listeners.add(listener);
        topics.values().forEach(listener::onTopic);
    }

    @Override
    public void close() {}
}
