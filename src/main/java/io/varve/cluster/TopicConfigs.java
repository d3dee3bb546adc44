package io.varve.cluster;

import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.storage.internals.log.LogConfig;

/**
 * Topic configs as they are in force: the topic's own over the broker's defaults over Kafka's, by Kafka's own {@link LogConfig}.
 *
 * <p>Varve always tiers: {@code remote.storage.enable} is accepted and shown, and changes nothing. Thread-safe.
 */
public final class TopicConfigs {
    private static final int MAX_CACHED = 1_000;

    private final Map<String, String> defaults;
    private final Map<Map<String, String>, LogConfig> cache = new ConcurrentHashMap<>();

    public TopicConfigs(BrokerDefaults broker) {
        this.defaults = broker.topicDefaults();
    }

    /** The configs of {@code topic} in force. Topics with the same configs share one object. */
    public LogConfig effective(Topic topic) {
        if (cache.size() > MAX_CACHED) {
            cache.clear();
        }
        return cache.computeIfAbsent(topic.configs(), this::combine);
    }

    private LogConfig combine(Map<String, String> own) {
        Properties overrides = new Properties();
        overrides.putAll(own);
        return LogConfig.fromProps(defaults, overrides);
    }

    /**
     * Checks configs that a topic is to have, names and values and how they fit together.
     *
     * @param before what it has now; empty for a new topic
     * @throws InvalidConfigurationException with Kafka's words
     */
    public void validate(Map<String, String> before, Map<String, String> after) {
        for (Map.Entry<String, String> config : after.entrySet()) {
            if (config.getValue() == null) {
                throw new InvalidConfigurationException(
                        "Null value not supported for topic configs: " + config.getKey());
            }
        }
        Map<String, Object> forDefaults =
                new HashMap<>(LogConfig.fromProps(defaults, new Properties()).values());
        LogConfig.validate(before, after, forDefaults, true);
    }

    /** The defaults that the broker's settings give to topic configs. */
    public Map<String, String> brokerDefaults() {
        return defaults;
    }
}
