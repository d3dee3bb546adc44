package io.varve.tier;

import io.varve.cluster.PartitionRecord.OffloadedSegment;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A segment on its way to the object store. Belongs to its {@link OffloadBacklog}, but for what is final. */
final class OffloadEntry {
    final Offloadable segment;
    final long submittedNanos;
    final long sequence;

    /** When it is to be uploaded at the latest, or tried again at the earliest. */
    long dueNanos;
    /** In a row, of its own: not those of the store. */
    int failures;
    /** Set once the store has confirmed it. */
    @Nullable
    Uploaded uploaded;

    OffloadEntry(Offloadable segment, long submittedNanos, long sequence) {
        this.segment = segment;
        this.submittedNanos = submittedNanos;
        this.sequence = sequence;
    }

    long bytes() {
        return segment.segment().sizeBytes();
    }

    boolean isOf(Offloadable other) {
        return segment.partition().equals(other.partition())
                && segment.segment().baseOffset() == other.segment().baseOffset();
    }

    /**
     * @param reference where it is
     * @param startedNanos when the upload began
     */
    record Uploaded(OffloadedSegment reference, long startedNanos) {
        /** Whether it may be referenced still: later the sweeper may take it for an orphan (rule 8). */
        boolean isInTime(long nowNanos, Duration within) {
            return nowNanos - startedNanos < within.toNanos();
        }
    }
}
