package io.varve.cli;

import java.util.Locale;

/** Where reading a partition starts. */
sealed interface StartPosition {

    record Beginning() implements StartPosition {}

    record End() implements StartPosition {}

    record Offset(long offset) implements StartPosition {}

    /** The first record of this time or later. */
    record Time(long timestampMillis) implements StartPosition {}

    /**
     * Reads {@code beginning}, {@code end}, an offset, or a time as ISO 8601 or {@code @milliseconds}.
     *
     * @throws CliException when it is none of these
     */
    static StartPosition parse(String text) {
        String word = text.strip().toLowerCase(Locale.ROOT);
        if (word.equals("beginning")) {
            return new Beginning();
        }
        if (word.equals("end")) {
            return new End();
        }
        if (word.matches("[0-9]{1,18}")) {
            return new Offset(Long.parseLong(word));
        }
        try {
            return new Time(ResetTarget.millis(text.startsWith("@") ? text.substring(1) : text));
        } catch (CliException e) {
            throw CliException.usage(
                    "'" + text + "' is not beginning, end, an offset, or a time such as 2026-01-31T12:00:00Z or"
                            + " @1769860800000.");
        }
    }
}
