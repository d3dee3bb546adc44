package io.varve.broker.admin;

import io.varve.cluster.TopicConfigs;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.jspecify.annotations.Nullable;

/** Applies the operations of IncrementalAlterConfigs (KIP-339). Stateless; thread-safe. */
final class ConfigChanges {
    private ConfigChanges() {}

    /** One operation on one config. */
    record Change(String name, byte operation, @Nullable String value) {}

    /**
     * The configs after {@code changes}.
     *
     * @param definitions of the configs, for what is a list and what its default is
     * @param inherited what applies where nothing is set: APPEND and SUBTRACT start from there
     */
    static Map<String, String> apply(
            Map<String, String> before,
            List<Change> changes,
            Map<String, ConfigDef.ConfigKey> definitions,
            Map<String, String> inherited) {
        Map<String, String> after = new HashMap<>(before);
        Map<String, Change> once = new HashMap<>();
        for (Change change : changes) {
            if (once.put(change.name(), change) != null) {
                throw new InvalidRequestException("Error due to duplicate config keys: " + change.name());
            }
            OpType operation = OpType.forId(change.operation());
            if (operation == null) {
                throw new InvalidRequestException("Unknown operation type " + change.operation());
            }
            String value = change.value();
            if (operation != OpType.DELETE && value == null) {
                throw new InvalidRequestException("Null value not supported for : " + change.name());
            }
            switch (operation) {
                case SET -> after.put(change.name(), String.valueOf(value));
                case DELETE -> after.remove(change.name());
                case APPEND, SUBTRACT ->
                    after.put(
                            change.name(),
                            edited(change.name(), operation, String.valueOf(value), after, definitions, inherited));
            }
        }
        return after;
    }

    private static String edited(
            String name,
            OpType operation,
            String value,
            Map<String, String> current,
            Map<String, ConfigDef.ConfigKey> definitions,
            Map<String, String> inherited) {
        ConfigDef.ConfigKey key = definitions.get(name);
        if (key == null || key.type() != ConfigDef.Type.LIST) {
            throw new InvalidConfigurationException(
                    "Can't " + operation + " to key " + name + " because its type is not LIST.");
        }
        String start = current.getOrDefault(
                name, inherited.getOrDefault(name, ConfigDef.convertToString(key.defaultValue, key.type())));
        List<String> items = new ArrayList<>(split(start));
        for (String item : split(value)) {
            if (operation == OpType.SUBTRACT) {
                items.remove(item);
            } else if (!items.contains(item)) {
                items.add(item);
            }
        }
        return String.join(",", items);
    }

    private static List<String> split(@Nullable String list) {
        return list == null || list.isBlank() ? List.of() : List.of(list.trim().split("\\s*,\\s*"));
    }

    /** As {@link #apply} for a topic, checked by the topic's rules. */
    static Map<String, String> applyToTopic(Map<String, String> before, List<Change> changes, TopicConfigs configs) {
        Map<String, String> after = apply(before, changes, LogConfig.configKeys(), configs.brokerDefaults());
        configs.validate(before, after);
        return after;
    }
}
