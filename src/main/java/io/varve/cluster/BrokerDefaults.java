package io.varve.cluster;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.server.config.AbstractKafkaConfig;
import org.apache.kafka.server.config.ConfigSynonym;
import org.apache.kafka.server.config.ServerTopicConfigSynonyms;
import org.jspecify.annotations.Nullable;

/**
 * Broker settings that Kafka has, under Kafka's names (written as {@code varve.kafka.config."log.retention.ms"}), with Kafka's types,
 * bounds and defaults. Only those that Varve honours are taken ({@code docs/kafka-settings.md} lists them); anything else is refused
 * with words, since a setting without effect is worse than none. Immutable.
 */
public final class BrokerDefaults {
    private static final ConfigDef KAFKA = AbstractKafkaConfig.CONFIG_DEF;

    /** Kafka finds out about a bad one only when a topic is created with it. */
    private static final String REPLICATION_FACTOR = "default.replication.factor";

    private final Map<String, String> given;

    /**
     * Takes the settings.
     *
     * @throws ClusterException naming every setting that is unknown, without effect here, or has a bad value, and how the
     *     settings do not fit together
     */
    public BrokerDefaults(Map<String, String> given) {
        this.given = Map.copyOf(given);
        List<String> problems = new ArrayList<>();
        new TreeMap<>(given).forEach((name, value) -> {
            String problem = problemOf(name, value);
            if (problem != null) {
                problems.add(problem);
            }
        });
        if (problems.isEmpty()) {
            problems.addAll(contradictions());
        }
        if (!problems.isEmpty()) {
            throw new ClusterException("varve.kafka.config: " + String.join("; ", problems));
        }
    }

    private static @Nullable String problemOf(String name, String value) {
        ConfigDef.ConfigKey key = KAFKA.configKeys().get(name);
        if (key == null) {
            return "\"" + name + "\" is not a setting of a Kafka broker";
        }
        if (!BrokerSettings.honoured().containsKey(name)) {
            return "\"" + name + "\" " + BrokerSettings.refusal(name)
                    + " (docs/kafka-settings.md lists the settings that have an effect)";
        }
        try {
            Object parsed = ConfigDef.parseType(name, value, key.type());
            if (key.validator != null) {
                key.validator.ensureValid(name, parsed);
            }
            if (name.equals(REPLICATION_FACTOR)) {
                ConfigDef.Range.between(1, Short.MAX_VALUE).ensureValid(name, parsed);
            }
            return null;
        } catch (ConfigException e) {
            return e.getMessage();
        }
    }

    /** What is wrong with settings that are each right on their own, by the rules of Kafka's own classes. */
    private List<String> contradictions() {
        List<String> problems = new ArrayList<>();
        try {
            TopicConfigs.checkDefaults(topicDefaults());
        } catch (RuntimeException e) {
            problems.add("as defaults of topics: " + e.getMessage());
        }
        try {
            var _ = new GroupCoordinatorConfig(
                    new AbstractConfig(GroupCoordinatorConfig.CONFIG_DEF, effective(), false));
        } catch (RuntimeException e) {
            problems.add(e.getMessage());
        }
        return problems;
    }

    /** The names of all settings that Varve honours, sorted. */
    public static Set<String> honoured() {
        return BrokerSettings.honoured().keySet();
    }

    /** Kafka's definition of a setting: type, default, bounds, documentation. */
    public static ConfigDef.ConfigKey definition(String name) {
        ConfigDef.ConfigKey key = KAFKA.configKeys().get(name);
        if (key == null) {
            throw new IllegalArgumentException("Kafka has no broker setting " + name);
        }
        return key;
    }

    /** The value in force as text; null when there is none. */
    public @Nullable String value(String name) {
        String own = given.get(name);
        return own != null ? own : defaultValue(name);
    }

    /** The value in force when nothing is configured; null when there is none. */
    public static @Nullable String defaultValue(String name) {
        ConfigDef.ConfigKey key = definition(name);
        String own = BrokerSettings.OWN_DEFAULTS.get(name);
        return own != null ? own : ConfigDef.convertToString(key.defaultValue, key.type());
    }

    /** Whether the operator has set it. */
    public boolean isGiven(String name) {
        return given.containsKey(name);
    }

    private Object parsed(String name) {
        Object parsed = ConfigDef.parseType(name, value(name), definition(name).type());
        if (parsed == null) {
            throw new IllegalArgumentException("setting " + name + " has no value");
        }
        return parsed;
    }

    public int intValue(String name) {
        return ((Number) parsed(name)).intValue();
    }

    public long longValue(String name) {
        return ((Number) parsed(name)).longValue();
    }

    public boolean booleanValue(String name) {
        return (Boolean) parsed(name);
    }

    /** All settings as given, for Kafka's own classes. */
    public Map<String, String> given() {
        return given;
    }

    /** Given settings with Varve's own defaults beneath. */
    public Map<String, String> effective() {
        Map<String, String> all = new LinkedHashMap<>(BrokerSettings.OWN_DEFAULTS);
        all.putAll(given);
        return all;
    }

    /**
     * The defaults of topic configs that the settings amount to; only those that are set. Of several synonyms the most precise one
     * counts ({@code log.retention.ms} before {@code .minutes} before {@code .hours}), as in Kafka.
     */
    public Map<String, String> topicDefaults() {
        Map<String, String> defaults = new TreeMap<>();
        ServerTopicConfigSynonyms.ALL_TOPIC_CONFIG_SYNONYMS.forEach((topicConfig, synonyms) -> {
            for (ConfigSynonym synonym : synonyms) {
                String value = given.get(synonym.name());
                if (value != null) {
                    defaults.put(topicConfig, converted(topicConfig, synonym, value));
                    return;
                }
            }
        });
        return defaults;
    }

    /** Minus one hour or minute of retention means forever, as minus one millisecond does. */
    private static String converted(String topicConfig, ConfigSynonym synonym, String value) {
        String converted = synonym.converter().apply(value.trim());
        return topicConfig.equals(TopicConfig.RETENTION_MS_CONFIG) && converted.startsWith("-") ? "-1" : converted;
    }
}
