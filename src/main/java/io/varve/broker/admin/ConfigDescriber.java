package io.varve.broker.admin;

import io.varve.cluster.BrokerDefaults;
import io.varve.cluster.Topic;
import io.varve.cluster.TopicConfigs;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsSynonym;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigType;
import org.apache.kafka.server.config.ConfigSynonym;
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

    /** Configs of a topic; all of them when {@code names} is null. */
    List<DescribeConfigsResourceResult> topic(
            Topic topic, @Nullable Collection<String> names, boolean withSynonyms, boolean withDocumentation) {
        LogConfig effective = topicConfigs.effective(topic);
        Map<String, ?> values = effective.nonInternalValues();
        List<DescribeConfigsResourceResult> results = new ArrayList<>();
        for (String name : chosen(LogConfig.nonInternalConfigNames(), names)) {
            ConfigDef.ConfigKey key =
                    Objects.requireNonNull(LogConfig.configKeys().get(name));
            String value = ConfigDef.convertToString(values.get(name), key.type());
            List<DescribeConfigsSynonym> synonyms = topicSynonyms(topic, name, key);
            DescribeConfigsResourceResult result = result(name, value, key, withDocumentation)
                    .setConfigSource(
                            synonyms.isEmpty()
                                    ? ConfigSource.DEFAULT_CONFIG.id()
                                    : synonyms.getFirst().source());
            results.add(withSynonyms ? result.setSynonyms(synonyms) : result);
        }
        return results;
    }

    /** Where a value may come from, strongest first: the topic, the broker's settings, Kafka's default. */
    private List<DescribeConfigsSynonym> topicSynonyms(Topic topic, String name, ConfigDef.ConfigKey key) {
        List<DescribeConfigsSynonym> synonyms = new ArrayList<>();
        String own = topic.configs().get(name);
        if (own != null) {
            synonyms.add(synonym(name, own, ConfigSource.TOPIC_CONFIG));
        }
        List<ConfigSynonym> atBroker =
                ServerTopicConfigSynonyms.ALL_TOPIC_CONFIG_SYNONYMS.getOrDefault(name, List.of());
        for (ConfigSynonym candidate : atBroker) {
            if (broker.isGiven(candidate.name())) {
                synonyms.add(
                        synonym(candidate.name(), broker.value(candidate.name()), ConfigSource.STATIC_BROKER_CONFIG));
            }
        }
        if (!atBroker.isEmpty()) {
            String defaultValue = ConfigDef.convertToString(key.defaultValue, key.type());
            synonyms.add(synonym(atBroker.getFirst().name(), defaultValue, ConfigSource.DEFAULT_CONFIG));
        }
        return synonyms;
    }

    /** Settings of this broker that it honours. */
    List<DescribeConfigsResourceResult> broker(
            @Nullable Collection<String> names, boolean withSynonyms, boolean withDocumentation) {
        List<DescribeConfigsResourceResult> results = new ArrayList<>();
        for (String name : chosen(BrokerDefaults.honoured(), names)) {
            ConfigDef.ConfigKey key = BrokerDefaults.definition(name);
            List<DescribeConfigsSynonym> synonyms = new ArrayList<>();
            if (broker.isGiven(name)) {
                synonyms.add(synonym(name, broker.value(name), ConfigSource.STATIC_BROKER_CONFIG));
            }
            synonyms.add(synonym(name, BrokerDefaults.defaultValue(name), ConfigSource.DEFAULT_CONFIG));
            DescribeConfigsResourceResult result = result(name, broker.value(name), key, withDocumentation)
                    .setReadOnly(true)
                    .setConfigSource(synonyms.getFirst().source());
            results.add(withSynonyms ? result.setSynonyms(synonyms) : result);
        }
        return results;
    }

    /** Configs of a group. */
    static List<DescribeConfigsResourceResult> group(
            GroupConfigs groups,
            String group,
            @Nullable Collection<String> names,
            boolean withSynonyms,
            boolean withDocumentation) {
        Map<String, String> own = groups.own(group);
        List<DescribeConfigsResourceResult> results = new ArrayList<>();
        for (String name : chosen(groups.definitions().names(), names)) {
            ConfigDef.ConfigKey key =
                    Objects.requireNonNull(groups.definitions().configKeys().get(name));
            List<DescribeConfigsSynonym> synonyms = new ArrayList<>();
            if (own.containsKey(name)) {
                synonyms.add(synonym(name, own.get(name), ConfigSource.GROUP_CONFIG));
            }
            synonyms.add(synonym(name, groups.defaults().get(name), ConfigSource.DEFAULT_CONFIG));
            DescribeConfigsResourceResult result = result(
                            name, synonyms.getFirst().value(), key, withDocumentation)
                    .setConfigSource(synonyms.getFirst().source());
            results.add(withSynonyms ? result.setSynonyms(synonyms) : result);
        }
        return results;
    }

    private static Set<String> chosen(Collection<String> all, @Nullable Collection<String> names) {
        Set<String> chosen = new TreeSet<>(all);
        if (names != null) {
            chosen.retainAll(names);
        }
        return chosen;
    }

    private static DescribeConfigsResourceResult result(
            String name, @Nullable String value, ConfigDef.ConfigKey key, boolean withDocumentation) {
        boolean sensitive = key.type() == ConfigDef.Type.PASSWORD;
        return new DescribeConfigsResourceResult()
                .setName(name)
                .setValue(sensitive ? null : value)
                .setIsSensitive(sensitive)
                .setReadOnly(false)
                .setConfigType(ConfigType.valueOf(key.type().name()).id())
                .setDocumentation(withDocumentation ? key.documentation : null);
    }

    private static DescribeConfigsSynonym synonym(String name, @Nullable String value, ConfigSource source) {
        return new DescribeConfigsSynonym().setName(name).setValue(value).setSource(source.id());
    }
}
