package io.varve.config;

import io.varve.config.ConfigSchema.Entry;
import io.varve.config.ConfigSchema.Shape;
import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** Says in words what is wrong with a value. */
final class ValueCheck {
    private ValueCheck() {}

    /** @return what was expected instead, or empty when {@code text} is a good value of {@code entry} */
    static Optional<String> problem(Entry entry, String text) {
        if (entry.shape() == Shape.LIST) {
            return Arrays.stream(text.split(",", -1))
                    .map(element -> one(entry, element.strip()))
                    .flatMap(Optional::stream)
                    .findFirst();
        }
        return one(entry, text);
    }

    private static Optional<String> one(Entry entry, String text) {
        Class<?> type = entry.type();
        boolean good;
        if (type == int.class || type == long.class) {
            good = isNumber(entry, text);
        } else if (type == boolean.class) {
            good = text.equalsIgnoreCase("true") || text.equalsIgnoreCase("false");
        } else if (type.isEnum()) {
            good = Arrays.stream(type.getEnumConstants())
                    .anyMatch(value -> ((Enum<?>) value).name().equals(text));
        } else if (type == HostPort.class) {
            good = isHostPort(text);
        } else if (type == BrokerId.class) {
            good = isBrokerId(text);
        } else if (type == URI.class) {
            good = isAddress(text);
        } else if (type == Path.class) {
            good = isPath(text);
        } else {
            good = true;
        }
        return good ? Optional.empty() : Optional.of(expected(entry));
    }

    /** What a good value looks like: {@code a number from 0 to 65535}. */
    static String expected(Entry entry) {
        Class<?> type = entry.type();
        if (type == int.class || type == long.class) {
            String unit = entry.setting().unit();
            return "a number " + range(entry) + (unit.isEmpty() ? "" : " (" + unit + ")");
        }
        if (type == boolean.class) {
            return "true or false";
        }
        if (type.isEnum()) {
            return Arrays.stream(type.getEnumConstants()).map(Object::toString).collect(Collectors.joining(" or "));
        }
        if (type == HostPort.class) {
            return "host:port, an IPv6 address in brackets";
        }
        if (type == BrokerId.class) {
            return "a number from 0 to " + BrokerId.HIGHEST + ", or auto";
        }
        if (type == URI.class) {
            return "an address such as "
                    + (entry.name().startsWith("varve.object-store.url")
                            ? "s3://bucket/prefix or file:///folder"
                            : "http://host:port");
        }
        return type == Path.class ? "a path" : "text";
    }

    /** {@code from 0 to 65535}, {@code of at least 0}. */
    static String range(Entry entry) {
        long min = entry.setting().min();
        long max = highest(entry);
        return max == Long.MAX_VALUE ? "of at least " + min : "from " + min + " to " + max;
    }

    static long highest(Entry entry) {
        long max = entry.setting().max();
        return entry.type() == int.class ? Math.min(max, Integer.MAX_VALUE) : max;
    }

    private static boolean isNumber(Entry entry, String text) {
        try {
            long value = Long.parseLong(text);
            return value >= entry.setting().min() && value <= highest(entry);
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private static boolean isHostPort(String text) {
        try {
            return !HostPort.parse(text).host().isBlank();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static boolean isBrokerId(String text) {
        try {
            var _ = BrokerId.parse(text);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static boolean isAddress(String text) {
        try {
            String scheme = URI.create(text).getScheme();
            return scheme != null && text.toLowerCase(Locale.ROOT).startsWith(scheme.toLowerCase(Locale.ROOT) + ":/");
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static boolean isPath(String text) {
        try {
            return !Path.of(text).toString().isEmpty();
        } catch (InvalidPathException e) {
            return false;
        }
    }
}
