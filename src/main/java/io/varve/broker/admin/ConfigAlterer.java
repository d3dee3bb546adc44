package io.varve.broker.admin;

import io.varve.cluster.ClusterView;
import io.varve.cluster.Topic;
import io.varve.cluster.TopicConfigs;
import io.varve.cluster.TopicRegistry;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.storage.internals.log.LogConfig;

/**
 * Changes configs of topics and groups, all of a resource's changes or none. Those of brokers change with a restart only. Blocks on
 * the metadata store. Thread-safe.
 */
final class ConfigAlterer {
    private final TopicRegistry topics;
    private final TopicConfigs topicConfigs;
    private final GroupConfigs groups;
    private final ClusterView cluster;

    ConfigAlterer(TopicRegistry topics, TopicConfigs topicConfigs, GroupConfigs groups, ClusterView cluster) {
        this.topics = topics;
        this.topicConfigs = topicConfigs;
        this.groups = groups;
        this.cluster = cluster;
    }

    private record Resource(byte type, String name) {}

    /** What became of each of {@code wanted}, in their order. */
    List<ApiError> alter(List<ConfigChanges> wanted, boolean validateOnly) {
        Map<Resource, Integer> mentions = new HashMap<>();
        wanted.forEach(changes -> mentions.merge(new Resource(changes.type(), changes.name()), 1, Integer::sum));
        return wanted.stream()
                .map(changes -> {
                    boolean twice = mentions.getOrDefault(new Resource(changes.type(), changes.name()), 1) > 1;
                    return twice
                            ? AdminErrors.of(new InvalidRequestException("Each resource must appear at most once."))
                            : alter(changes, validateOnly);
                })
                .toList();
    }

    private ApiError alter(ConfigChanges wanted, boolean validateOnly) {
        try {
            wanted.check();
            ConfigResource.Type type = ConfigResource.Type.forId(wanted.type());
            switch (type) {
                case TOPIC -> alterTopic(wanted, validateOnly);
                case GROUP -> alterGroup(wanted, validateOnly);
                case BROKER -> alterBroker(wanted);
                case BROKER_LOGGER, CLIENT_METRICS ->
                    throw new InvalidRequestException("Unsupported resource type: " + type);
                case UNKNOWN -> throw new InvalidRequestException("Unknown resource type " + wanted.type());
            }
            return ApiError.NONE;
        } catch (RuntimeException e) {
            return AdminErrors.of(e);
        }
    }

    private void alterTopic(ConfigChanges wanted, boolean validateOnly) {
        String name = wanted.name();
        if (name.isEmpty()) {
            throw new InvalidRequestException("Default topic resources are not allowed.");
        }
        org.apache.kafka.common.internals.Topic.validate(name);
        Topic topic = topics.byName(name)
                .orElseThrow(() -> new UnknownTopicOrPartitionException("The topic '" + name + "' does not exist."));
        UnaryOperator<Map<String, String>> edit = before -> {
            Map<String, String> after = wanted.apply(before, LogConfig.configKeys(), topicConfigs.brokerDefaults());
            topicConfigs.validate(before, after);
            return after;
        };
        if (validateOnly) {
            Map<String, String> _ = edit.apply(topic.configs());
        } else {
            topics.alterConfigs(topic, edit);
        }
    }

    private void alterGroup(ConfigChanges wanted, boolean validateOnly) {
        if (wanted.name().isEmpty()) {
            throw new InvalidRequestException("Default group resources are not allowed.");
        }
        Map<String, String> after =
                wanted.apply(groups.own(wanted.name()), groups.definitions().configKeys(), groups.defaults());
        groups.set(wanted.name(), after, validateOnly);
    }

    /** What is not set can be taken away: Kafka's tools clear throttles so, whether there are any or not. */
    private void alterBroker(ConfigChanges wanted) {
        String name = wanted.name();
        if (!name.isEmpty() && BrokerNames.parse("Node", name) != cluster.self()) {
            throw new InvalidRequestException(
                    "Unexpected broker id, expected " + cluster.self() + ", but received " + name);
        }
        if (!wanted.isOnlyDeletions()) {
            throw new InvalidRequestException(
                    "Configs of a broker cannot be changed while it runs: set varve.kafka.config.\"NAME\" and restart it.");
        }
    }
}
