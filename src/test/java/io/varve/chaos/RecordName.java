package io.varve.chaos;

import java.util.Optional;

/**
 * Who sent a record and as which to its partition, from 0. Every record of a run has its own name in its partition.
 *
 * @param sender below 2^20
 * @param number below 2^40
 */
record RecordName(int sender, long number) {
    private static final int NUMBER_BITS = 40;

    /** As one number that is not 0. */
    long packed() {
        return ((long) (sender + 1) << NUMBER_BITS) | number;
    }

    static RecordName unpack(long packed) {
        return new RecordName((int) (packed >>> NUMBER_BITS) - 1, packed & ((1L << NUMBER_BITS) - 1));
    }

    /** What is sent as value: this name, and as many letters as make a record of a usual size. */
    String value(String padding) {
        return sender + " " + number + " " + padding;
    }

    /** The name in a value; empty when it is no value of a run. */
    static Optional<RecordName> of(String value) {
        String[] words = value.split(" ", 3);
        if (words.length < 3) {
            return Optional.empty();
        }
        try {
            return Optional.of(new RecordName(Integer.parseInt(words[0]), Long.parseLong(words[1])));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    @Override
    public String toString() {
        return "record " + number + " of sender " + sender;
    }
}
