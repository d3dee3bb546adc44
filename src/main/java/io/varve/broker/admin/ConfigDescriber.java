package io.varve.broker.admin;

import io.varve.cluster.BrokerDefaults;
import io.varve.cluster.ClusterView;
import io.varve.cluster.Topic;
import io.varve.cluster.TopicConfigs;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsSynonym;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigType;
import org.apache.kafka.server.config.ConfigSynonym;
import org.apache.kafka.server.config.DynamicBrokerConfig;
import org.apache.kafka.server.config.ServerTopicConfigSynonyms;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.jspecify.annotations.Nullable;

/** Configs of topics, brokers and groups as DescribeConfigs shows them, with source, synonyms and documentation. Thread-safe. */
final class ConfigDescriber {
    private final TopicConfigs topicConfigs;
    private final BrokerDefaults broker;

    ConfigDescriber(TopicConfigs topicConfigs, BrokerDefaults broker) {
        this.topicConfigs = topicConfigs;
        this.broker = broker;
    }

    /**
     * What a client wants to see.
     *
     * @param names of configs; null or empty for all
     */
    record Wanted(@Nullable Collection<String> names, boolean synonyms, boolean documentation) {
        static final Wanted EVERYTHING = new Wanted(null, false, false);

        Set<String> of(Collection<String> all) {
            Set<String> chosen = new TreeSet<>(all);
            if (names != null && !names.isEmpty()) {
                chosen.retainAll(names);
            }
            return chosen;
        }
    }

    /** Configs of a topic. */
    List<DescribeConfigsResourceResult> topic(Topic topic, Wanted wanted) {
        Map<String, ?> values = topicConfigs.effective(topic).values();
        Set<String> shown = new HashSet<>(topic.configs().keySet());
        shown.retainAll(LogConfig.configNames());
        shown.addAll(LogConfig.nonInternalConfigNames());
        List<DescribeConfigsResourceResult> results = new ArrayList<>();
        for (String name : wanted.of(shown)) {
            ConfigDef.ConfigKey key =
                    Objects.requireNonNull(LogConfig.configKeys().get(name));
            String value = ConfigDef.convertToString(values.get(name), key.type());
            results.add(result(key, value, topicSynonyms(topic, key), wanted));
        }
        return results;
    }

    /**
     * Where a value may come from, strongest first: the topic, the broker's settings, Kafka's default. Other than Kafka, a default set
     * by a coarser synonym ({@code log.retention.hours}) is shown too.
     */
    private List<DescribeConfigsSynonym> topicSynonyms(Topic topic, ConfigDef.ConfigKey key) {
        List<DescribeConfigsSynonym> synonyms = new ArrayList<>();
        String own = topic.configs().get(key.name);
        if (own != null) {
            synonyms.add(synonym(key.name, own, ConfigSource.TOPIC_CONFIG));
        }
        List<ConfigSynonym> atBroker =
                ServerTopicConfigSynonyms.ALL_TOPIC_CONFIG_SYNONYMS.getOrDefault(key.name, List.of());
        for (ConfigSynonym candidate : atBroker) {
            if (broker.isGiven(candidate.name())) {
                synonyms.add(
                        synonym(candidate.name(), broker.value(candidate.name()), ConfigSource.STATIC_BROKER_CONFIG));
            }
        }
        if (!atBroker.isEmpty()) {
            String kafkas = ConfigDef.convertToString(key.defaultValue, key.type());
            synonyms.add(synonym(atBroker.getFirst().name(), kafkas, ConfigSource.DEFAULT_CONFIG));
        }
        return synonyms;
    }

    /** The settings of this broker that have an effect, and who it is. All read-only: they change with a restart. */
    List<DescribeConfigsResourceResult> broker(ClusterView cluster, Wanted wanted) {
        Map<String, String> identity = identity(cluster);
        Set<String> shown = new HashSet<>(BrokerDefaults.honoured());
        shown.addAll(identity.keySet());
        List<DescribeConfigsResourceResult> results = new ArrayList<>();
        for (String name : wanted.of(shown)) {
            ConfigDef.ConfigKey key = BrokerDefaults.definition(name);
            List<DescribeConfigsSynonym> synonyms = identity.containsKey(name)
                    ? List.of(synonym(name, identity.get(name), ConfigSource.STATIC_BROKER_CONFIG))
                    : brokerSynonyms(name);
            String value = identity.getOrDefault(name, broker.value(name));
            boolean given = identity.containsKey(name) || broker.isGiven(name);
            results.add(result(key, value, synonyms, wanted)
                    .setConfigSource((given ? ConfigSource.STATIC_BROKER_CONFIG : ConfigSource.DEFAULT_CONFIG).id())
                    .setReadOnly(true));
        }
        return results;
    }

    private static Map<String, String> identity(ClusterView cluster) {
        Map<String, String> identity = new TreeMap<>();
        String self = Integer.toString(cluster.self());
        identity.put("broker.id", self);
        identity.put("node.id", self);
        for (Node node : cluster.brokers()) {
            if (node.id() == cluster.self()) {
                identity.put("advertised.listeners", "PLAINTEXT://" + node.host() + ":" + node.port());
                if (node.rack() != null) {
                    identity.put("broker.rack", node.rack());
                }
            }
        }
        return identity;
    }

    private List<DescribeConfigsSynonym> brokerSynonyms(String name) {
        List<DescribeConfigsSynonym> synonyms = new ArrayList<>();
        List<String> names = DynamicBrokerConfig.brokerConfigSynonyms(name, true);
        for (String candidate : names) {
            if (broker.isGiven(candidate)) {
                synonyms.add(synonym(candidate, broker.value(candidate), ConfigSource.STATIC_BROKER_CONFIG));
            }
        }
        for (String candidate : names) {
            String byDefault = BrokerDefaults.defaultValue(candidate);
            if (byDefault != null) {
                synonyms.add(synonym(candidate, byDefault, ConfigSource.DEFAULT_CONFIG));
            }
        }
        return synonyms;
    }

    /** Configs of a group. */
    static List<DescribeConfigsResourceResult> group(GroupConfigs groups, String group, Wanted wanted) {
        Map<String, String> own = groups.own(group);
        List<DescribeConfigsResourceResult> results = new ArrayList<>();
        for (String name : wanted.of(groups.definitions().names())) {
            ConfigDef.ConfigKey key =
                    Objects.requireNonNull(groups.definitions().configKeys().get(name));
            List<DescribeConfigsSynonym> synonyms = new ArrayList<>();
            if (own.containsKey(name)) {
                synonyms.add(synonym(name, own.get(name), ConfigSource.GROUP_CONFIG));
            }
            synonyms.add(synonym(name, groups.defaults().get(name), ConfigSource.DEFAULT_CONFIG));
            results.add(result(key, synonyms.getFirst().value(), synonyms, wanted));
        }
        return results;
    }

    private static DescribeConfigsResourceResult result(
            ConfigDef.ConfigKey key, @Nullable String value, List<DescribeConfigsSynonym> synonyms, Wanted wanted) {
        boolean sensitive = key.type() == ConfigDef.Type.PASSWORD;
        return new DescribeConfigsResourceResult()
                .setName(key.name)
                .setValue(sensitive ? null : value)
                .setIsSensitive(sensitive)
                .setReadOnly(false)
                .setConfigSource(
                        synonyms.isEmpty()
                                ? ConfigSource.DEFAULT_CONFIG.id()
                                : synonyms.getFirst().source())
                .setSynonyms(wanted.synonyms() ? synonyms : List.of())
                .setConfigType(ConfigType.valueOf(key.type().name()).id())
                .setDocumentation(wanted.documentation() ? key.documentation : null);
    }

    private static DescribeConfigsSynonym synonym(String name, @Nullable String value, ConfigSource source) {
        return new DescribeConfigsSynonym().setName(name).setValue(value).setSource(source.id());
    }
}
