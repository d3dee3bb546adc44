package io.varve.config;

import java.util.OptionalInt;

/**
 * Which broker this is, or that it gets an id when it first starts. Immutable.
 *
 * @param given from 0 to {@link #HIGHEST}; empty for {@code auto}
 */
public record BrokerId(OptionalInt given) {
    /** The one after it is the id of the one node that clients of the one-address listener know. */
    static final int HIGHEST = Integer.MAX_VALUE - 1;

    private static final String AUTO = "auto";

    /**
     * Reads a number or {@code auto}; the name is one that the configuration library looks for.
     *
     * @throws IllegalArgumentException when it is neither
     */
    public static BrokerId parse(CharSequence text) {
        String value = text.toString().strip();
        if (value.equals(AUTO)) {
            return new BrokerId(OptionalInt.empty());
        }
        int id = Integer.parseInt(value);
        if (id < 0 || id > HIGHEST) {
            throw new IllegalArgumentException("a broker's id is from 0 to " + HIGHEST + ", not " + id);
        }
        return new BrokerId(OptionalInt.of(id));
    }

    @Override
    public String toString() {
        return given.isPresent() ? Integer.toString(given.getAsInt()) : AUTO;
    }
}
