package io.varve.replica;

/** A number as it stood {@value #CHECKS} checks ago, that is one time-out ago. One thread at a time. */
final class Lookback {
    /** How often is looked within the time-out. */
    static final int CHECKS = 4;

    private final long[] before = new long[CHECKS];
    private int next;

    /** Remembers {@code now}; returns what was remembered {@value #CHECKS} calls ago, or 0. */
    long exchange(long now) {
        long then = before[next];
        before[next] = now;
        next = (next + 1) % CHECKS;
        return then;
    }
}
