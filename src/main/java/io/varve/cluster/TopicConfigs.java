package io.varve.cluster;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.jboss.logging.Logger;

/**
 * Topic configs as they are in force: the topic's own over the broker's defaults over Kafka's, by Kafka's own {@link LogConfig}.
 *
 * <p>All topic configs of Kafka are accepted, with Kafka's bounds. What differs:
 *
 * <ul>
 *   <li>Varve always tiers, so {@code remote.storage.enable} is {@code true} for every topic; {@code false} is refused, as is
 *       {@code remote.log.copy.disable=true}. Kafka's rule that tiered topics cannot be compacted does not apply.
 *   <li>{@code local.retention.*} that a topic sets itself may not go beyond its retention, as for a tiered topic of Kafka. When only
 *       the broker's default does, nothing is refused: what retention deletes is gone from the disk too.
 * </ul>
 *
 * <p>Thread-safe.
 */
public final class TopicConfigs {
    /** As Kafka's controller. */
    static final int MAX_VALUE_BYTES = Short.MAX_VALUE;

    private static final Logger LOG = Logger.getLogger(TopicConfigs.class);
    private static final int MAX_CACHED = 1_000;
    private static final List<String> TIERING = List.of(
            TopicConfig.REMOTE_LOG_STORAGE_ENABLE_CONFIG,
            TopicConfig.REMOTE_LOG_COPY_DISABLE_CONFIG,
            TopicConfig.REMOTE_LOG_DELETE_ON_DISABLE_CONFIG);

    private final Map<String, String> defaults;
    private final Map<String, Object> parsedDefaults;
    private final LogConfig withoutOwn;
    private final Map<Map<String, String>, LogConfig> cache = new ConcurrentHashMap<>();

    public TopicConfigs(BrokerDefaults broker) {
        Map<String, String> ofBroker = new TreeMap<>(broker.topicDefaults());
        this.parsedDefaults = parsed(ofBroker);
        ofBroker.put(TopicConfig.REMOTE_LOG_STORAGE_ENABLE_CONFIG, "true");
        this.defaults = Map.copyOf(ofBroker);
        this.withoutOwn = LogConfig.fromProps(defaults, new Properties());
    }

    /** The configs of {@code topic} in force. Topics with the same configs share one object. */
    public LogConfig effective(Topic topic) {
        if (topic.configs().isEmpty()) {
            return withoutOwn;
        }
        if (cache.size() > MAX_CACHED) {
            cache.clear();
        }
        return cache.computeIfAbsent(topic.configs(), own -> combine(topic.name(), own));
    }

    private LogConfig combine(String topic, Map<String, String> own) {
        try {
            return fromProps(own);
        } catch (ConfigException bad) {
            // Only checked configs are ever stored, but one topic edited by hand must not keep the broker from
            // starting.
            Map<String, String> good = new HashMap<>(own);
            good.entrySet().removeIf(config -> !isReadable(config.getKey(), config.getValue()));
            LOG.errorf(
                    "stored configs of a topic cannot be read and do not apply, set them again. topic=%s cause=%s",
                    topic, bad.getMessage());
            return fromProps(good);
        }
    }

    private LogConfig fromProps(Map<String, String> own) {
        Properties overrides = new Properties();
        overrides.putAll(own);
        return LogConfig.fromProps(defaults, overrides);
    }

    private boolean isReadable(String name, String value) {
        try {
            fromProps(Map.of(name, value));
            return true;
        } catch (ConfigException e) {
            return false;
        }
    }

    /**
     * Checks configs that a topic is to have: names, values and how they fit together.
     *
     * @param before what it has now; empty for a new topic
     * @throws InvalidConfigurationException with Kafka's words
     */
    public void validate(Map<String, String> before, Map<String, String> after) {
        checkSizes(after);
        try {
            LogConfig.validate(withoutTiering(before), withoutTiering(after), parsedDefaults, true);
            checkTiering(after);
            Map<String, Object> result = parsed(merged(defaults, after));
            checkLocal(after, result, TopicConfig.LOCAL_LOG_RETENTION_MS_CONFIG, TopicConfig.RETENTION_MS_CONFIG);
            checkLocal(after, result, TopicConfig.LOCAL_LOG_RETENTION_BYTES_CONFIG, TopicConfig.RETENTION_BYTES_CONFIG);
        } catch (ConfigException e) {
            throw new InvalidConfigurationException(e.getMessage());
        }
    }

    /**
     * Checks what a broker's settings make the defaults of topics.
     *
     * @throws ConfigException with Kafka's words
     */
    static void checkDefaults(Map<String, String> topicDefaults) {
        Map<String, Object> parsed = parsed(topicDefaults);
        LogConfig.validate(Map.of(), Map.of(), parsed, true);
        checkLocal(topicDefaults, parsed, TopicConfig.LOCAL_LOG_RETENTION_MS_CONFIG, TopicConfig.RETENTION_MS_CONFIG);
        checkLocal(
                topicDefaults,
                parsed,
                TopicConfig.LOCAL_LOG_RETENTION_BYTES_CONFIG,
                TopicConfig.RETENTION_BYTES_CONFIG);
    }

    private static void checkSizes(Map<String, String> configs) {
        List<String> nulls = configs.entrySet().stream()
                .filter(config -> config.getValue() == null)
                .map(Map.Entry::getKey)
                .sorted()
                .toList();
        if (!nulls.isEmpty()) {
            throw new InvalidConfigurationException(
                    "Null value not supported for topic configs: " + String.join(",", nulls));
        }
        for (String value : configs.values()) {
            if (value.getBytes(StandardCharsets.UTF_8).length > MAX_VALUE_BYTES) {
                throw new InvalidConfigurationException(
                        "The configuration value cannot be added because it exceeds the maximum value size of "
                                + MAX_VALUE_BYTES + " bytes.");
            }
        }
    }

    private static void checkTiering(Map<String, String> configs) {
        Map<String, Object> parsed = parsed(configs);
        if (configs.containsKey(TopicConfig.REMOTE_LOG_STORAGE_ENABLE_CONFIG)
                && !isTrue(parsed, TopicConfig.REMOTE_LOG_STORAGE_ENABLE_CONFIG)) {
            throw new ConfigException(
                    TopicConfig.REMOTE_LOG_STORAGE_ENABLE_CONFIG,
                    false,
                    "sealed segments always go to the object store; local.retention.ms and local.retention.bytes say how long the disk keeps a copy");
        }
        if (isTrue(parsed, TopicConfig.REMOTE_LOG_COPY_DISABLE_CONFIG)) {
            throw new ConfigException(
                    TopicConfig.REMOTE_LOG_COPY_DISABLE_CONFIG, true, "sealed segments always go to the object store");
        }
    }

    private static boolean isTrue(Map<String, Object> parsed, String name) {
        return Boolean.TRUE.equals(parsed.get(name));
    }

    /** A local copy outlives its segment only by mistake. */
    private static void checkLocal(Map<String, String> own, Map<String, Object> parsed, String local, String whole) {
        long localLimit = number(parsed, local);
        long limit = number(parsed, whole);
        if (!own.containsKey(local) || limit == -1 || localLimit == -2) {
            return;
        }
        if (localLimit == -1) {
            throw new ConfigException(
                    local, localLimit, "Value must not be -1 as " + whole + " value is set as " + limit + ".");
        }
        if (localLimit > limit) {
            throw new ConfigException(
                    local, localLimit, "Value must not be more than " + whole + " property value: " + limit);
        }
    }

    private static long number(Map<String, Object> parsed, String name) {
        return parsed.get(name) instanceof Number number ? number.longValue() : -1;
    }

    private static Map<String, Object> parsed(Map<String, String> configs) {
        Properties none = new Properties();
        return new HashMap<>(LogConfig.fromProps(configs, none).values());
    }

    private static Map<String, String> merged(Map<String, String> lower, Map<String, String> upper) {
        Map<String, String> merged = new HashMap<>(lower);
        merged.putAll(upper);
        return merged;
    }

    private static Map<String, String> withoutTiering(Map<String, String> configs) {
        Map<String, String> rest = new HashMap<>(configs);
        rest.keySet().removeAll(TIERING);
        return rest;
    }

    /** What applies to a topic that has nothing set itself, where it differs from Kafka's defaults. */
    public Map<String, String> brokerDefaults() {
        return defaults;
    }
}
