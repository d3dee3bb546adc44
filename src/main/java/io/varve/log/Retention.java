package io.varve.log;

import java.util.Iterator;
import java.util.List;
import org.apache.kafka.storage.internals.log.LogConfig;

/** What retention asks for, as Kafka defines it. Pure functions. */
final class Retention {
    private Retention() {}

    /** A sealed segment as retention sees it; {@code maxTimestamp} is -1 when no record has one. */
    record Segment(long baseOffset, long endOffset, long sizeBytes, long maxTimestamp) {}

    /**
     * The offset before which everything may go, by {@code retention.ms} and {@code retention.bytes}.
     *
     * @param sealed all sealed segments, oldest first; read only as far as needed
     * @param totalBytes of all segments, the open one included
     * @return the new log start offset, or {@code logStartOffset} when nothing is to go
     */
    static long newStart(
            Iterator<Segment> sealed, long totalBytes, long logStartOffset, LogConfig config, long nowMillis) {
        long start = logStartOffset;
        if (!config.delete) {
            return start;
        }
        long excess = config.retentionSize < 0 ? 0 : totalBytes - config.retentionSize;
        while (sealed.hasNext()) {
            Segment segment = sealed.next();
            boolean expired = config.retentionMs >= 0
                    && segment.maxTimestamp() >= 0
                    && nowMillis - segment.maxTimestamp() > config.retentionMs;
            boolean tooMuch = excess >= segment.sizeBytes();
            if (!expired && !tooMuch) {
                return start;
            }
            excess -= segment.sizeBytes();
            start = Math.max(start, segment.endOffset());
        }
        return start;
    }

    /**
     * Which local copies of offloaded segments may go, by {@code local.retention.ms} and {@code local.retention.bytes}: the oldest
     * first, never past one that has to stay.
     *
     * @param offloaded local copies of offloaded segments, oldest first
     * @param localBytes of all local segments
     * @param urgent the disk is short of space: all of them may go
     */
    static List<Segment> droppableCopies(
            List<Segment> offloaded, long localBytes, LogConfig config, long nowMillis, boolean urgent) {
        if (urgent) {
            return offloaded;
        }
        long bytesLimit = config.localRetentionBytes();
        long timeLimit = config.localRetentionMs();
        long excess = bytesLimit < 0 ? 0 : localBytes - bytesLimit;
        int count = 0;
        for (Segment segment : offloaded) {
            boolean expired =
                    timeLimit >= 0 && segment.maxTimestamp() >= 0 && nowMillis - segment.maxTimestamp() > timeLimit;
            if (!expired && excess < segment.sizeBytes()) {
                break;
            }
            excess -= segment.sizeBytes();
            count++;
        }
        return offloaded.subList(0, count);
    }
}
