package io.varve.cluster;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.server.config.AbstractKafkaConfig;
import org.apache.kafka.server.config.ConfigSynonym;
import org.apache.kafka.server.config.ServerTopicConfigSynonyms;
import org.jspecify.annotations.Nullable;

/**
 * Broker settings that Kafka has, under Kafka's names (written as {@code varve.kafka.config."log.retention.ms"}). Only those that Varve
 * honours are taken; anything else is refused with words, since a setting without effect is worse than none. Immutable.
 */
public final class BrokerDefaults {
    private static final ConfigDef KAFKA = AbstractKafkaConfig.CONFIG_DEF;

    /** Settings beside the topic defaults; those end with a dot stand for all with that beginning. */
    private static final List<String> HONOURED = List.of(
            "auto.create.topics.enable",
            "delete.topic.enable",
            "num.partitions",
            "default.replication.factor",
            "producer.id.expiration.ms",
            "socket.request.max.bytes",
            "connections.max.idle.ms",
            "max.connections",
            "max.connections.per.ip",
            "fetch.max.bytes",
            "max.incremental.fetch.session.cache.slots",
            "log.retention.check.interval.ms",
            "offset.metadata.max.bytes",
            "offsets.retention.minutes",
            "offsets.retention.check.interval.ms",
            "offsets.topic.num.partitions",
            "group.initial.rebalance.delay.ms",
            "group.min.session.timeout.ms",
            "group.max.session.timeout.ms",
            "group.max.size",
            "group.consumer.");

    /** Where Varve's default differs from Kafka's: few shards commit in larger groups (docs/adr). */
    private static final Map<String, String> OWN_DEFAULTS = Map.of("offsets.topic.num.partitions", "8");

    private final Map<String, String> given;

    /**
     * Takes the settings.
     *
     * @throws ClusterException naming every setting that is unknown, without effect here, or has a bad value
     */
    public BrokerDefaults(Map<String, String> given) {
        this.given = Map.copyOf(given);
        Set<String> problems = new TreeSet<>();
        given.forEach((name, value) -> {
            String problem = check(name, value);
            if (problem != null) {
                problems.add(problem);
            }
        });
        if (!problems.isEmpty()) {
            throw new ClusterException("varve.kafka.config: " + String.join("; ", problems));
        }
    }

    private static @Nullable String check(String name, String value) {
        ConfigDef.ConfigKey key = KAFKA.configKeys().get(name);
        if (key == null) {
            return "Kafka has no broker setting \"" + name + "\"";
        }
        if (!isHonoured(name)) {
            return "\"" + name + "\" has no effect in Varve: remove it (docs/configuration.md lists those that have)";
        }
        try {
            Object parsed = ConfigDef.parseType(name, value, key.type());
            if (key.validator != null) {
                key.validator.ensureValid(name, parsed);
            }
            return null;
        } catch (ConfigException e) {
            return e.getMessage();
        }
    }

    private static boolean isHonoured(String name) {
        for (String honoured : HONOURED) {
            if (honoured.equals(name) || (honoured.endsWith(".") && name.startsWith(honoured))) {
                return true;
            }
        }
        return ServerTopicConfigSynonyms.ALL_TOPIC_CONFIG_SYNONYMS.values().stream()
                .flatMap(List::stream)
                .anyMatch(synonym -> synonym.name().equals(name));
    }

    /** The names of all settings that Varve honours, sorted; for the reference page and DescribeConfigs. */
    public static Set<String> honoured() {
        Set<String> names = new TreeSet<>();
        for (String name : KAFKA.configKeys().keySet()) {
            if (isHonoured(name)) {
                names.add(name);
            }
        }
        return names;
    }

    /** Kafka's description of a setting. */
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

    /** The value in force when nothing is configured. */
    public static @Nullable String defaultValue(String name) {
        ConfigDef.ConfigKey key = definition(name);
        return OWN_DEFAULTS.getOrDefault(name, ConfigDef.convertToString(key.defaultValue, key.type()));
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
        Map<String, String> all = new LinkedHashMap<>(OWN_DEFAULTS);
        all.putAll(given);
        return all;
    }

    /** The defaults of topic configs that the settings amount to, by Kafka's synonyms; only those that differ from Kafka's own. */
    public Map<String, String> topicDefaults() {
        Map<String, String> defaults = new TreeMap<>();
        ServerTopicConfigSynonyms.ALL_TOPIC_CONFIG_SYNONYMS.forEach((topicConfig, synonyms) -> {
            for (ConfigSynonym synonym : synonyms) {
                String value = given.get(synonym.name());
                if (value != null) {
                    defaults.put(topicConfig, synonym.converter().apply(value));
                    return;
                }
            }
        });
        return defaults;
    }
}
