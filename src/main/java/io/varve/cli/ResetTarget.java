package io.varve.cli;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;

/** Where a group is to go on reading. */
sealed interface ResetTarget {

    /** The first record there is. */
    record Earliest() implements ResetTarget {}

    /** After the last record there is. */
    record Latest() implements ResetTarget {}

    /** An offset, or the nearest one there is. */
    record Offset(long offset) implements ResetTarget {}

    /** The first record of this time or later. */
    record Time(long timestampMillis) implements ResetTarget {}

    /** From the committed offset on, back when negative. */
    record Shift(long by) implements ResetTarget {}

    /** What is known of a partition. */
    record Known(long start, long end, long committed, long atTime) {}

    /**
     * The offset to commit, always within the log.
     *
     * @param known {@code atTime} counts for {@link Time} only: -1 when no record is that late
     */
    default long offset(Known known) {
        long wanted = switch (this) {
            case Earliest none -> known.start();
            case Latest none -> known.end();
            case Offset to -> to.offset();
            case Time time -> known.atTime() < 0 ? known.end() : known.atTime();
            case Shift shift -> known.committed() + shift.by();
        };
        return Math.clamp(wanted, known.start(), known.end());
    }

    /**
     * Reads a time: ISO 8601 with an offset, without one (then UTC), or milliseconds since 1970.
     *
     * @throws CliException when it is none of these
     */
    static long millis(String text) {
        if (text.matches("[0-9]{1,18}")) {
            return Long.parseLong(text);
        }
        try {
            return Instant.parse(text).toEpochMilli();
        } catch (DateTimeParseException withoutOffset) {
            try {
                return LocalDateTime.parse(text).toInstant(ZoneOffset.UTC).toEpochMilli();
            } catch (DateTimeParseException e) {
                throw CliException.usage(
                        "'" + text + "' is not a time: write 2026-01-31T12:00:00Z or milliseconds since 1970.");
            }
        }
    }
}
