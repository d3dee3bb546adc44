package io.varve.config;

import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Where settings come from, the strongest first: the command line, Java system properties, the environment, the file, and last the
 * command's own defaults.
 *
 * @param flags from the command line
 * @param system Java system properties; only those of Varve count
 * @param environment the process's environment
 * @param file {@code .properties} in UTF-8, or null
 * @param defaults of the command
 */
public record ConfigSources(
        Map<String, String> flags,
        Map<String, String> system,
        Map<String, String> environment,
        @Nullable Path file,
        Map<String, String> defaults) {

    static final String PREFIX = "varve.";

    public ConfigSources {
        flags = Map.copyOf(flags);
        environment = Map.copyOf(environment);
        defaults = Map.copyOf(defaults);
        system = ofVarve(system);
    }

    /** This process's own environment and system properties. */
    public static ConfigSources ofProcess(
            @Nullable Path file, Map<String, String> flags, Map<String, String> defaults) {
        Properties properties = System.getProperties();
        Map<String, String> system = properties.stringPropertyNames().stream()
                .collect(Collectors.toMap(name -> name, name -> properties.getProperty(name, "")));
        return new ConfigSources(flags, system, System.getenv(), file, defaults);
    }

    ConfigSources withDefaults(Map<String, String> more) {
        var all = new HashMap<>(defaults);
        all.putAll(more);
        return new ConfigSources(flags, system, environment, file, all);
    }

    /** @throws ConfigException when the file cannot be read */
    SmallRyeConfig open() throws ConfigException {
        var builder = new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withSources(
                        new PropertiesConfigSource(flags, "the command line", 500),
                        new PropertiesConfigSource(system, "the system properties", 400),
                        new EnvConfigSource(environment, 300),
                        new PropertiesConfigSource(defaults, "this command's defaults", 50));
        if (file != null) {
            builder.withSources(new PropertiesConfigSource(read(file), file.toString(), 250));
        }
        return builder.build();
    }

    /** Names that were written on purpose for Varve. The environment is not among them: see {@link ConfigLoader}. */
    Map<String, String> named() throws ConfigException {
        var all = new HashMap<>(file == null ? Map.<String, String>of() : ofVarve(read(file)));
        all.putAll(system);
        all.putAll(flags);
        return all;
    }

    private static Map<String, String> ofVarve(Map<String, String> all) {
        return all.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(PREFIX))
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    private static Map<String, String> read(Path file) throws ConfigException {
        var properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            String why = Files.exists(file)
                    ? "cannot be read as a .properties file in UTF-8: " + e.getMessage()
                    : "does not exist";
            throw new ConfigException(List.of("The configuration file " + file + " " + why + "."));
        }
        return properties.stringPropertyNames().stream()
                .collect(Collectors.toMap(name -> name, name -> properties.getProperty(name, "")));
    }
}
