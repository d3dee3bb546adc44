package io.varve.tier;

import java.time.Duration;

/**
 * How sealed segments are packed and uploaded.
 *
 * @param targetBytes how large objects are to become; a larger segment is an object of its own
 * @param maxSegments in one object, which bounds its footer
 * @param maxWait how long a sealed segment waits for company
 * @param parallelUploads at any time
 * @param minBackoff the bound of the first pause after a failure; it doubles with every further one
 * @param maxBackoff up to here
 * @param referenceWithin how long after its upload began an object may still be referenced: at most half of the sweeper's grace
 *     period, or the sweeper might delete it first
 * @param problemAfter how long uploads have to fail before it is a problem for health
 */
public record OffloadSettings(
        long targetBytes,
        int maxSegments,
        Duration maxWait,
        int parallelUploads,
        Duration minBackoff,
        Duration maxBackoff,
        Duration referenceWithin,
        Duration problemAfter) {

    public OffloadSettings {
        if (targetBytes < 1 || maxSegments < 1 || parallelUploads < 1) {
            throw new IllegalArgumentException("sizes and counts must be positive");
        }
    }

    /** For a sweeper with {@code sweepGrace}. */
    public static OffloadSettings defaults(Duration sweepGrace) {
        return new OffloadSettings(
                64L << 20,
                1_000,
                Duration.ofSeconds(5),
                4,
                Duration.ofMillis(100),
                Duration.ofSeconds(30),
                sweepGrace.dividedBy(2),
                Duration.ofSeconds(30));
    }

    public OffloadSettings withTargetBytes(long bytes) {
        return new OffloadSettings(
                bytes, maxSegments, maxWait, parallelUploads, minBackoff, maxBackoff, referenceWithin, problemAfter);
    }

    public OffloadSettings withMaxWait(Duration wait) {
        return new OffloadSettings(
                targetBytes, maxSegments, wait, parallelUploads, minBackoff, maxBackoff, referenceWithin, problemAfter);
    }

    public OffloadSettings withParallelUploads(int uploads) {
        return new OffloadSettings(
                targetBytes, maxSegments, maxWait, uploads, minBackoff, maxBackoff, referenceWithin, problemAfter);
    }
}
