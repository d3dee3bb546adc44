package io.varve.config;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.server.config.AbstractKafkaConfig;

/** Checks {@code varve.kafka.config."..."}: a name Kafka's brokers have, a value Kafka would take. */
final class KafkaSettings {

    // Kafka's settings that Varve has under a name of its own: two places for one thing would end in two values.
    private static final Map<String, String> ELSEWHERE = new TreeMap<>(Map.ofEntries(
            Map.entry("node.id", "varve.broker.id"),
            Map.entry("broker.id", "varve.broker.id"),
            Map.entry("broker.rack", "varve.broker.rack"),
            Map.entry("listeners", "varve.kafka.listen"),
            Map.entry("advertised.listeners", "varve.kafka.advertised"),
            Map.entry("log.dir", "varve.data.dir"),
            Map.entry("log.dirs", "varve.data.dir"),
            Map.entry("cluster.id", "varve.cluster.id")));

    private KafkaSettings() {}

    /** @return what is wrong, as the rest of a sentence that begins with the setting's name, or empty */
    static Optional<String> problem(String name, String value) {
        String elsewhere = ELSEWHERE.get(name);
        if (elsewhere != null) {
            return Optional.of("is set by " + elsewhere);
        }
        ConfigDef.ConfigKey key = AbstractKafkaConfig.CONFIG_DEF.configKeys().get(name);
        if (key == null) {
            return Optional.of("is not a setting of a Kafka broker");
        }
        try {
            Object parsed = ConfigDef.parseType(name, value, key.type);
            if (key.validator != null) {
                key.validator.ensureValid(name, parsed);
            }
            return Optional.empty();
        } catch (ConfigException e) {
            return Optional.of("has a bad value: " + e.getMessage());
        }
    }
}
