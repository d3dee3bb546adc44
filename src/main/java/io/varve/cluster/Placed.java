package io.varve.cluster;

import org.jspecify.annotations.Nullable;

/**
 * How a partition came to its assignment, for as long as that is known: {@link Topic} keeps the newest only.
 *
 * @param by who chose it, or null when nobody has since the topic was created
 * @param why in a few words for people; empty when nobody said
 * @param atMillis when, by the clock of the broker that wrote it; nothing is decided by it
 * @param elections how often it was asked that the preferred owner take it, see {@link Topic#elected}
 */
public record Placed(@Nullable By by, String why, long atMillis, int elections) {

    /** Who chooses assignments once a topic exists. */
    public enum By {
        /** A person or a tool, by AlterPartitionReassignments: the placer leaves it alone for as long as its brokers are there. */
        HAND,
        /** The elected placer. */
        PLACER
    }

    static final Placed NEVER = new Placed(null, "", 0, 0);

    Placed changed(@Nullable By changer, String reason, long nowMillis) {
        return new Placed(changer, reason, nowMillis, elections);
    }

    Placed asked(long nowMillis) {
        return new Placed(by, why, by == null ? nowMillis : atMillis, elections + 1);
    }
}
