package io.varve.broker.admin;

import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;

/** Dynamic configs of consumer groups. Implemented by {@code group}'s side; changes block. */
public interface GroupConfigs {

    /** The definitions of all group configs. */
    ConfigDef definitions();

    /** What is set for the group itself. */
    Map<String, String> own(String group);

    /** What applies to a group that has nothing set. */
    Map<String, String> defaults();

    /**
     * Replaces what is set for the group.
     *
     * @throws org.apache.kafka.common.errors.InvalidConfigurationException when a name or value is bad
     */
    void set(String group, Map<String, String> configs, boolean validateOnly);
}
