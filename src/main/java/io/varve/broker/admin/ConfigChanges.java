package io.varve.broker.admin;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.jspecify.annotations.Nullable;

/**
 * What a client wants changed about the configs of one resource (KIP-339). Immutable.
 *
 * @param type of the resource, as in the protocol
 * @param replaceAll whether configs that are not mentioned are dropped (AlterConfigs) or stay (IncrementalAlterConfigs)
 */
record ConfigChanges(byte type, String name, List<Change> changes, boolean replaceAll) {

    /** One operation on one config. */
    record Change(String name, byte operation, @Nullable String value) {}

    /**
     * Checks the form, whatever the resource is.
     *
     * @throws InvalidRequestException in Kafka's words
     */
    void check() {
        Set<String> names = new HashSet<>();
        List<String> nulls = new ArrayList<>();
        for (Change change : changes) {
            OpType operation = OpType.forId(change.operation());
            if (operation == null) {
                throw new InvalidRequestException("Unknown operations type " + change.operation());
            }
            if (!names.add(change.name())) {
                throw new InvalidRequestException("Error due to duplicate config keys");
            }
            if (operation != OpType.DELETE && change.value() == null) {
                nulls.add(change.name());
            }
        }
        if (!nulls.isEmpty()) {
            throw new InvalidRequestException("Null value not supported for : " + String.join(", ", nulls));
        }
    }

    /** Whether all it does is to take away what may be set. */
    boolean isOnlyDeletions() {
        return !replaceAll && changes.stream().allMatch(change -> change.operation() == OpType.DELETE.id());
    }

    /**
     * The configs after the changes.
     *
     * @param before what the resource has now
     * @param definitions of the configs, for what is a list and what its default is
     * @param inherited what applies where nothing is set: APPEND and SUBTRACT start from there
     */
    Map<String, String> apply(
            Map<String, String> before, Map<String, ConfigDef.ConfigKey> definitions, Map<String, String> inherited) {
        Map<String, String> after = replaceAll ? new HashMap<>() : new HashMap<>(before);
        for (Change change : changes) {
            String value = String.valueOf(change.value());
            OpType operation = OpType.forId(change.operation());
            switch (operation) {
                case SET -> after.put(change.name(), value);
                case DELETE -> after.remove(change.name());
                case APPEND, SUBTRACT -> {
                    List<String> items = items(change.name(), operation, after, definitions, inherited);
                    for (String item : split(value)) {
                        if (operation == OpType.SUBTRACT) {
                            items.remove(item);
                        } else if (!items.contains(item)) {
                            items.add(item);
                        }
                    }
                    after.put(change.name(), String.join(",", items));
                }
            }
        }
        return after;
    }

    private static List<String> items(
            String name,
            OpType operation,
            Map<String, String> current,
            Map<String, ConfigDef.ConfigKey> definitions,
            Map<String, String> inherited) {
        ConfigDef.ConfigKey key = definitions.get(name);
        if (key == null || key.type() != ConfigDef.Type.LIST) {
            throw new InvalidConfigurationException(
                    "Can't " + operation + " to key " + name + " because its type is not LIST.");
        }
        String byDefault = inherited.getOrDefault(name, ConfigDef.convertToString(key.defaultValue, key.type()));
        return new ArrayList<>(split(current.getOrDefault(name, byDefault)));
    }

    private static List<String> split(@Nullable String list) {
        return list == null || list.isBlank() ? List.of() : List.of(list.trim().split("\\s*,\\s*"));
    }
}
