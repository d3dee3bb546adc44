package io.varve.config;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The settings of {@link VarveConfig}, read from its annotations. Immutable. */
public final class ConfigSchema {

    private static final ConfigSchema VARVE = new ConfigSchema(VarveConfig.class);

    private final List<Entry> entries;

    private ConfigSchema(Class<?> root) {
        var found = new ArrayList<Entry>();
        collect(root.getAnnotation(ConfigMapping.class).prefix(), root, found);
        found.sort(Comparator.comparing(Entry::name));
        this.entries = List.copyOf(found);
    }

    /** The schema of {@link VarveConfig}. */
    public static ConfigSchema varve() {
        return VARVE;
    }

    /** Every setting, by name. */
    public List<Entry> entries() {
        return entries;
    }

    /**
     * One setting.
     *
     * @param name as in a properties file
     * @param type of the value, or of the elements of a list
     * @param shape whether there is one value, several, or a map of them
     * @param byDefault as it would be written
     * @param required whether there must be a value in every mode
     * @param setting what was written about it
     */
    public record Entry(
            String name, Class<?> type, Shape shape, Optional<String> byDefault, boolean required, Setting setting) {

        /** {@code VARVE_HTTP_PORT} for {@code varve.http.port}, by SmallRye's rule. */
        public String environmentName() {
            return name.replaceAll("[^A-Za-z0-9]", "_").toUpperCase(Locale.ROOT);
        }

        /** Whether {@code key} sets this: the name itself, or an entry of the map. */
        boolean covers(String key) {
            return shape == Shape.MAP ? mapKey(key).isPresent() : key.equals(name);
        }

        /** The map's key in a property's name: {@code num.partitions} of {@code varve.kafka.config."num.partitions"}. */
        Optional<String> mapKey(String key) {
            if (!key.startsWith(name + ".")) {
                return Optional.empty();
            }
            String rest = key.substring(name.length() + 1);
            if (rest.length() > 2 && rest.startsWith("\"") && rest.endsWith("\"")) {
                return Optional.of(rest.substring(1, rest.length() - 1));
            }
            return rest.isEmpty() || rest.indexOf('.') >= 0 ? Optional.empty() : Optional.of(rest);
        }
    }

    /** How many values a setting has. */
    public enum Shape {
        ONE,
        LIST,
        MAP
    }

    private static void collect(String prefix, Class<?> group, List<Entry> into) {
        Method[] methods = group.getMethods();
        Arrays.sort(methods, Comparator.comparing(Method::getName));
        for (Method method : methods) {
            String name = prefix + "." + nameOf(method);
            Setting setting = method.getAnnotation(Setting.class);
            if (setting == null) {
                collect(name, method.getReturnType(), into);
            } else {
                into.add(entry(name, method, setting));
            }
        }
    }

    private static String nameOf(Method method) {
        WithName given = method.getAnnotation(WithName.class);
        return given != null
                ? given.value()
                : method.getName().replaceAll("([a-z])([A-Z])", "$1-$2").toLowerCase(Locale.ROOT);
    }

    private static Entry entry(String name, Method method, Setting setting) {
        Type type = method.getGenericReturnType();
        boolean optional = method.getReturnType() == Optional.class;
        if (optional) {
            type = ((ParameterizedType) type).getActualTypeArguments()[0];
        }
        Shape shape = Shape.ONE;
        if (type instanceof ParameterizedType several) {
            shape = several.getRawType() == Map.class ? Shape.MAP : Shape.LIST;
            Type[] arguments = several.getActualTypeArguments();
            type = arguments[arguments.length - 1];
        }
        Optional<String> byDefault =
                Optional.ofNullable(method.getAnnotation(WithDefault.class)).map(WithDefault::value);
        boolean required = !optional && shape != Shape.MAP && byDefault.isEmpty();
        return new Entry(name, (Class<?>) type, shape, byDefault, required, setting);
    }
}
