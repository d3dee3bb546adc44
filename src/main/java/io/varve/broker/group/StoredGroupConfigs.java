package io.varve.broker.group;

import io.varve.broker.admin.GroupConfigs;
import io.varve.group.GroupService;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;

/** Group configs for the config APIs. */
public final class StoredGroupConfigs implements GroupConfigs {
    private final GroupService groups;

    public StoredGroupConfigs(GroupService groups) {
        this.groups = groups;
    }

    @Override
    public ConfigDef definitions() {
        return groups.configs().definitions();
    }

    @Override
    public Map<String, String> own(String group) {
        return groups.configs().own(group);
    }

    @Override
    public Map<String, String> defaults() {
        return groups.configs().defaults();
    }

    @Override
    public void set(String group, Map<String, String> configs, boolean validateOnly) {
        groups.configs().set(group, configs, validateOnly);
    }
}
