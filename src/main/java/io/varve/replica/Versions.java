package io.varve.replica;

/**
 * The versions of the internal protocol that a broker speaks: its own and the one before, so that a cluster can be upgraded one broker after the
 * other.
 *
 * @param lowest at least 1
 * @param highest at most 127
 */
public record Versions(int lowest, int highest) {
    /** 1: copies and fences. 2: high watermarks without a batch, and forwarded requests, as well. */
    public static final Versions CURRENT = new Versions(1, 2);

    /** The first version that forwards requests. */
    static final int FORWARDING = 2;

    static final int NONE = 0;

    /** The highest that both speak, or {@link #NONE}. */
    int common(Versions other) {
        int version = Math.min(highest, other.highest);
        return version >= Math.max(lowest, other.lowest) ? version : NONE;
    }

    @Override
    public String toString() {
        return lowest + " to " + highest;
    }
}
