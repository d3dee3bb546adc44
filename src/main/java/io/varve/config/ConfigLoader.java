package io.varve.config;

import io.smallrye.config.ConfigMappings;
import io.smallrye.config.ConfigMappings.ConfigClass;
import io.smallrye.config.SmallRyeConfig;
import io.varve.config.ConfigSchema.Entry;
import io.varve.config.ConfigSchema.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.eclipse.microprofile.config.ConfigValue;

/**
 * Loads the settings of a broker or says, one sentence each, everything that is wrong with them.
 *
 * <p>A name that starts with {@code varve.} and is no setting is refused in the file, the system properties and the command line.
 * Environment variables are not refused: Kubernetes makes some of its own for a service called {@code varve}
 * ({@code VARVE_SERVICE_HOST}), and the launcher and the client commands have theirs.
 */
public final class ConfigLoader {

    /** What is being started. */
    public enum Mode {
        /** One process for itself, everything in one folder. */
        DEV,
        /** A member of a cluster. */
        BROKER
    }

    /** What {@code varve.cluster.id} is in {@code dev} when nobody has set it: the cluster then makes an id of its own. */
    public static final String DEV_CLUSTER = "varve-dev";

    private static final Map<String, String> DEV_DEFAULTS = Map.of(
            "varve.cluster.id", DEV_CLUSTER,
            "varve.broker.id", "1",
            "varve.kafka.listen", "localhost:9092",
            "varve.internal.listen", "localhost:0",
            "varve.http.host", "localhost",
            "varve.data.dir", "varve-data",
            "varve.data.throttle-free-bytes", Long.toString(512L << 20),
            "varve.data.refuse-free-bytes", Long.toString(128L << 20));

    private ConfigLoader() {}

    /** @throws ConfigException with every problem that was found */
    public static VarveConfig load(Mode mode, ConfigSources sources) throws ConfigException {
        SmallRyeConfig config = switch (mode) {
            case DEV -> openForDev(sources);
            case BROKER -> sources.open();
        };
        var problems = new ArrayList<String>();
        unknownNames(sources, problems);
        for (Entry entry : ConfigSchema.varve().entries()) {
            check(mode, entry, config, problems);
        }
        if (problems.isEmpty()) {
            VarveConfig loaded = map(config);
            CrossChecks.problems(loaded).forEach(problems::add);
            if (problems.isEmpty()) {
                return loaded;
            }
        }
        throw new ConfigException(problems);
    }

    private static SmallRyeConfig openForDev(ConfigSources sources) throws ConfigException {
        ConfigSources dev = sources.withDefaults(DEV_DEFAULTS);
        Path data = Path.of(dev.open().getValue("varve.data.dir", String.class))
                .toAbsolutePath()
                .normalize();
        return dev.withDefaults(Map.of(
                        "varve.object-store.url",
                        data.resolve("objects").toUri().toString()))
                .open();
    }

    private static void unknownNames(ConfigSources sources, List<String> problems) throws ConfigException {
        for (String name : new TreeMap<>(sources.named()).keySet()) {
            List<Entry> entries = ConfigSchema.varve().entries();
            if (entries.stream().noneMatch(entry -> entry.covers(name))) {
                problems.add(name + " is not a setting of Varve" + hint(name, entries) + ".");
            }
        }
    }

    private static String hint(String name, List<Entry> entries) {
        for (Entry entry : entries) {
            if (entry.shape() == Shape.MAP && name.startsWith(entry.name() + ".")) {
                return ": write " + entry.name() + ".\""
                        + name.substring(entry.name().length() + 1) + "\"";
            }
        }
        return Spelling.closest(name, entries.stream().map(Entry::name).toList())
                .map(close -> " (did you mean " + close + "?)")
                .orElse("");
    }

    private static void check(Mode mode, Entry entry, SmallRyeConfig config, List<String> problems) {
        try {
            if (entry.shape() == Shape.MAP) {
                checkKafkaSettings(entry, config, problems);
                return;
            }
            ConfigValue found = config.getConfigValue(entry.name());
            String value = found.getValue();
            if (value == null || value.isBlank()) {
                required(mode, entry).ifPresent(problems::add);
            } else {
                ValueCheck.problem(entry, value.strip())
                        .map(expected -> "%s=%s (from %s) is not %s."
                                .formatted(entry.name(), shown(entry, value), place(found), expected))
                        .ifPresent(problems::add);
            }
        } catch (NoSuchElementException | IllegalArgumentException e) {
            problems.add(entry.name() + " refers to a value that is not there: " + e.getMessage());
        }
    }

    private static Optional<String> required(Mode mode, Entry entry) {
        if (entry.byDefault().isPresent()) {
            return Optional.empty();
        }
        boolean missing =
                entry.required() || (mode == Mode.BROKER && entry.setting().requiredByBroker());
        return missing
                ? Optional.of("%s is required: set it in the file, or %s in the environment."
                        .formatted(entry.name(), entry.environmentName()))
                : Optional.empty();
    }

    private static void checkKafkaSettings(Entry entry, SmallRyeConfig config, List<String> problems) {
        for (String name : config.getPropertyNames()) {
            entry.mapKey(name).ifPresent(key -> {
                String value = Optional.ofNullable(config.getConfigValue(name).getValue())
                        .orElse("");
                KafkaSettings.problem(key, value)
                        .map(problem -> name + " " + problem + ".")
                        .ifPresent(problems::add);
            });
        }
    }

    private static String shown(Entry entry, String value) {
        return entry.setting().secret() ? "(hidden)" : value;
    }

    private static String place(ConfigValue value) {
        String source = value.getSourceName();
        return source == null || source.startsWith("EnvConfigSource")
                ? "the environment"
                : source.replaceFirst("^PropertiesConfigSource\\[source=(.*)]$", "$1");
    }

    private static VarveConfig map(SmallRyeConfig config) {
        ConfigMappings.registerConfigMappings(config, Set.of(ConfigClass.configClass(VarveConfig.class)));
        return config.getConfigMapping(VarveConfig.class);
    }
}
