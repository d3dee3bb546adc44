package io.varve.group;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import org.apache.kafka.common.Uuid;

/** Fills Kafka's generated messages with random values, by their setters. */
final class RandomMessages {
    private final Random random;
    private final List<String> strings;

    /** @param strings what string fields are set to */
    RandomMessages(Random random, List<String> strings) {
        this.random = random;
        this.strings = strings;
    }

    /** Sets every field that {@code isValid} lets stand; others keep their default. */
    void fill(Object message, Predicate<Object> isValid) throws ReflectiveOperationException {
        for (Method setter : message.getClass().getMethods()) {
            if (!setter.getName().startsWith("set") || setter.getParameterCount() != 1) {
                continue;
            }
            String field = setter.getName().substring(3, 4).toLowerCase(java.util.Locale.ROOT)
                    + setter.getName().substring(4);
            Object before = message.getClass().getMethod(field).invoke(message);
            Object value = value(setter);
            if (value != null && isTaken(setter, message, value)) {
                if (!isValid.test(message)) {
                    setter.invoke(message, before);
                }
            }
        }
    }

    /** Some setters take a part of their type only. */
    private static boolean isTaken(Method setter, Object message, Object value) throws IllegalAccessException {
        try {
            setter.invoke(message, value);
            return true;
        } catch (InvocationTargetException e) {
            return false;
        }
    }

    private Object value(Method setter) throws ReflectiveOperationException {
        Class<?> type = setter.getParameterTypes()[0];
        if (List.class.isAssignableFrom(type)
                && setter.getGenericParameterTypes()[0] instanceof ParameterizedType list) {
            List<Object> values = new ArrayList<>();
            int count = random.nextInt(3);
            for (int i = 0; i < count; i++) {
                values.add(single((Class<?>) list.getActualTypeArguments()[0]));
            }
            return values;
        }
        return single(type);
    }

    private Object single(Class<?> type) throws ReflectiveOperationException {
        if (type == String.class) {
            return strings.get(random.nextInt(strings.size()));
        } else if (type == int.class || type == Integer.class) {
            return random.nextInt();
        } else if (type == long.class || type == Long.class) {
            return random.nextLong();
        } else if (type == short.class) {
            return (short) random.nextInt();
        } else if (type == byte.class) {
            return (byte) random.nextInt();
        } else if (type == boolean.class) {
            return random.nextBoolean();
        } else if (type == Uuid.class) {
            return Uuid.randomUuid();
        } else if (type == byte[].class) {
            byte[] bytes = new byte[random.nextInt(20)];
            random.nextBytes(bytes);
            return bytes;
        } else if (type.getName().startsWith("org.apache.kafka.coordinator.group.generated.")) {
            Object nested = type.getConstructor().newInstance();
            fill(nested, filled -> true);
            return nested;
        }
        return null;
    }
}
