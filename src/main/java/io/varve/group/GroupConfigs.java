package io.varve.group;

import io.varve.metadata.MetadataStore;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.coordinator.group.GroupConfig;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.group.modern.share.ShareGroupConfig;

/** Dynamic configs of groups (KIP-848): kept in the metadata store, known to the coordinator of this broker. Thread-safe. */
public final class GroupConfigs {
    private final GroupConfigStore stored;
    private final GroupCoordinator coordinator;
    private final GroupCoordinatorConfig config;
    private final ShareGroupConfig shareConfig;

    GroupConfigs(
            MetadataStore store,
            GroupCoordinator coordinator,
            GroupCoordinatorConfig config,
            ShareGroupConfig shareConfig) {
        this.stored = new GroupConfigStore(store);
        this.coordinator = coordinator;
        this.config = config;
        this.shareConfig = shareConfig;
    }

    static Map<String, Object> defaults(GroupCoordinatorConfig config, ShareGroupConfig shareConfig) {
        Map<String, Object> defaults = new HashMap<>();
        defaults.putAll(config.extractConsumerGroupConfigMap());
        defaults.putAll(config.extractShareGroupConfigMap(shareConfig));
        defaults.putAll(config.extractStreamsGroupConfigMap());
        return defaults;
    }

    /** Tells the coordinator what is stored. Blocks on the store. */
    void load() {
        stored.all().forEach((group, configs) -> coordinator.updateGroupConfig(group, properties(configs)));
    }

    /** The definitions of all group configs. */
    public ConfigDef definitions() {
        return GroupConfig.CONFIG_DEF;
    }

    /** What applies to groups that have nothing set. */
    public Map<String, String> defaults() {
        Map<String, String> defaults = new TreeMap<>();
        defaults(config, shareConfig).forEach((name, value) -> defaults.put(name, String.valueOf(value)));
        return defaults;
    }

    /** What is set for a group itself. Blocks on the store. */
    public Map<String, String> own(String group) {
        return stored.get(group);
    }

    /**
     * Replaces what is set for a group. Blocks on the store.
     *
     * @throws InvalidConfigurationException when a name or value is bad
     */
    public void set(String group, Map<String, String> configs, boolean validateOnly) {
        try {
            GroupConfig.validate(configs, config, shareConfig);
        } catch (ConfigException e) {
            throw new InvalidConfigurationException(e.getMessage());
        }
        if (!validateOnly) {
            stored.set(group, configs);
            coordinator.updateGroupConfig(group, properties(configs));
        }
    }

    private static Properties properties(Map<String, String> configs) {
        Properties properties = new Properties();
        properties.putAll(configs);
        return properties;
    }
}
