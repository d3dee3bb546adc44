package io.varve.tier;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** Exponential backoff with full jitter: a pause is anything between a millisecond and a bound that doubles. */
record Backoff(Duration min, Duration max, RandomGenerator random) {
    private static final int MAX_DOUBLINGS = 20;

    /** @param failures in a row, at least 1 */
    long nanos(int failures) {
        int doublings = Math.min(failures - 1, MAX_DOUBLINGS);
        long bound = Math.min(max.toNanos(), min.toNanos() << doublings);
        return Math.max(1_000_000, random.nextLong(bound + 1));
    }
}
