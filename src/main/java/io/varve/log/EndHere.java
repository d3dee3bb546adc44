package io.varve.log;

import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord.OpenSegment;
import io.varve.replica.CopyEnd;
import io.varve.replica.SegmentId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where this disk's copy of an open segment ends, whoever owned it, and whether that can be all of it. Nothing is appended to the copy from then
 * on. Thread-safe.
 */
final class EndHere {
    private final LogContext context;
    private final SegmentFiles files;
    private final Map<Path, Long> journaled;

    /** @param journaled up to which offset the journal had each segment file */
    EndHere(LogContext context, Map<Path, Long> journaled) {
        this.context = context;
        this.files = context.files();
        this.journaled = journaled;
    }

    /**
     * @param held what was kept of it for another owner
     * @return empty when this disk has none
     */
    Optional<CopyEnd> find(SegmentId segment, @Nullable Holding held, SegmentRecovery segments) {
        OpenCopy copy = Holding.copyOf(held, segment.baseOffset(), segment.epoch());
        if (copy != null) {
            return Optional.of(copy.fence());
        }
        LocalSegment sealed = held == null ? null : held.sealedAt(segment.baseOffset());
        if (sealed != null && sealed.epoch() == segment.epoch()) {
            return Optional.of(end(sealed));
        }
        Path path = files.log(segment.partition(), segment.baseOffset());
        if (!Files.exists(path)) {
            return Optional.empty();
        }
        if (SegmentRecovery.epochOf(path) > segment.epoch()) {
            // Another was begun in its place: an owner does that only while nothing was appended.
            return Optional.of(new CopyEnd(segment.baseOffset(), 0, -1, true));
        }
        // Only its end is asked for, so that it does not matter who had written before.
        return Optional.of(end(segments.readable(
                segment.partition(), segment.baseOffset(), segment.epoch(), path, Long.MAX_VALUE, () -> new byte[0])));
    }

    private CopyEnd end(LocalSegment segment) {
        return new CopyEnd(
                segment.endOffset(),
                segment.size(),
                segment.maxTimestamp(),
                segment.boot().equals(context.boot()));
    }

    /**
     * Says in words if the open segment ends before what the journal or its own checkpoint has of it: some of its batches were
     * acknowledged and cannot be read any more. Nothing was changed yet, so that the file can still be looked at.
     */
    String damage(PartitionId id, OpenSegment open, CopyEnd end, SegmentRecovery segments) {
        Path path = files.log(id, open.baseOffset());
        long known = Math.max(
                journaled.getOrDefault(path, open.baseOffset()),
                segments.syncedEnd(open.baseOffset(), open.epoch(), path));
        return end.endOffset() >= known
                ? ""
                : "open segment " + path + " is damaged at offset " + end.endOffset() + ", acknowledged up to at least "
                        + known + "; ";
    }
}
