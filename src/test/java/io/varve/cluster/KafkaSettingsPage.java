package io.varve.cluster;

import io.varve.cluster.BrokerSettings.Area;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.server.config.ServerTopicConfigSynonyms;
import org.apache.kafka.storage.internals.log.LogConfig;

/** {@code docs/kafka-settings.md}: the settings of Kafka's brokers and the topic configs, as far as they matter here. */
final class KafkaSettingsPage {
    private KafkaSettingsPage() {}

    static String render() {
        var page = new StringBuilder("""
                # Kafka's settings in Varve

                <!-- Generated from BrokerSettings; do not edit. ./varve test -Dtest=KafkaSettingsPageTest -Dvarve.docs.write=true -->

                Settings that Apache Kafka's brokers have keep their names, types, bounds and defaults. They are written as
                `varve.kafka.config."NAME"` ([configuration.md](configuration.md) says where), and DescribeConfigs shows them.
                **Only the settings on this page have an effect; any other one stops the start** with the reason, because a
                setting without effect is worse than none. Set them alike on all brokers of a cluster.

                """);
        for (Area area : Area.values()) {
            page.append("## ").append(area.title()).append("\n\n");
            page.append(area == Area.TOPIC_DEFAULTS ? topicDefaults() : table(area))
                    .append('\n');
        }
        return page.append(differences()).toString();
    }

    private static String table(Area area) {
        var table = new StringBuilder("| Setting | Default | Values |\n|---|---|---|\n");
        BrokerSettings.honoured().forEach((name, of) -> {
            if (of == area) {
                table.append("| `%s` | %s | %s |%n"
                        .formatted(name, defaultOf(name), values(BrokerDefaults.definition(name))));
            }
        });
        return table.toString();
    }

    private static String defaultOf(String name) {
        String value = "`" + BrokerDefaults.defaultValue(name) + "`";
        ConfigDef.ConfigKey key = BrokerDefaults.definition(name);
        return BrokerSettings.OWN_DEFAULTS.containsKey(name)
                ? "**%s** (Kafka: `%s`): %s"
                        .formatted(
                                value,
                                ConfigDef.convertToString(key.defaultValue, key.type()),
                                BrokerSettings.WHY_OWN_DEFAULT.get(name))
                : value;
    }

    private static String values(ConfigDef.ConfigKey key) {
        String type = key.type().name().toLowerCase(java.util.Locale.ROOT);
        return key.validator == null
                ? type
                : type + ", " + key.validator.toString().replace("|", "\\|");
    }

    /** Every topic config with the settings that give its default, the strongest first. */
    private static String topicDefaults() {
        var table = new StringBuilder("""
                What a topic does not set itself it has from these; of several, the first that is set counts.

                | Topic config | Default | Settings |
                |---|---|---|
                """);
        Map<String, List<String>> rows = new TreeMap<>();
        ServerTopicConfigSynonyms.ALL_TOPIC_CONFIG_SYNONYMS.forEach((config, synonyms) -> {
            List<String> names = new ArrayList<>();
            synonyms.forEach(synonym -> names.add("`" + synonym.name() + "`"));
            rows.put(config, names);
        });
        rows.forEach((config, names) -> {
            ConfigDef.ConfigKey key = LogConfig.configKeys().get(config);
            table.append("| `%s` | `%s` | %s |%n"
                    .formatted(
                            config, ConfigDef.convertToString(key.defaultValue, key.type()), String.join(", ", names)));
        });
        return table.toString();
    }

    private static String differences() {
        return """
                ## Topic configs

                All topic configs of Kafka are accepted, checked by Kafka's own rules, and shown. What differs:

                * `remote.storage.enable` is `true` for every topic and cannot be `false`: sealed segments always go to the object
                  store. `remote.log.copy.disable=true` is refused for the same reason.
                * `local.retention.ms` and `local.retention.bytes` of a topic may not be larger than its `retention.ms` and
                  `retention.bytes`. They say how long the disk keeps a copy of what the object store has.
                * `cleanup.policy=compact` is accepted, but nothing is compacted yet: all records are kept.
                * `segment.bytes` is at least 1 MiB, as in Kafka; for tests there is Kafka's `internal.segment.bytes`.
                * `min.insync.replicas` larger than the number of copies makes `acks=all` fail, as in Kafka.
                * `flush.messages`, whatever its value, makes `acks=1` wait for the disk too (`acks=all` always does on a lone broker).
                  `flush.ms` changes nothing: records go to the disk within milliseconds anyway.
                * `retention.ms` and `local.retention.ms` go by the records' timestamps alone: a segment in which no record has one is kept.
                * `preallocate`, `segment.index.bytes`, `file.delete.delay.ms`, `min.cleanable.dirty.ratio` and the replication throttles
                  are about how Kafka keeps its files, and change nothing here.
                """;
    }
}
