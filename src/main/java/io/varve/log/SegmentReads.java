package io.varve.log;

import io.varve.cluster.PartitionRecord;
import io.varve.cluster.PartitionRecord.ManifestPage;
import io.varve.cluster.PartitionRecord.OffloadedSegment;
import io.varve.log.SegmentSearch.Found;
import io.varve.tier.RemoteSegments;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.jspecify.annotations.Nullable;

/** Reads batches of one segment, wherever it lies, and counts them. Thread-safe. */
final class SegmentReads {
    private final RemoteSegments remote;
    private final LogMetrics metrics;

    SegmentReads(RemoteSegments remote, LogMetrics metrics) {
        this.remote = remote;
        this.metrics = metrics;
    }

    /**
     * Of a segment on this disk.
     *
     * @param limit how many of its bytes are safe (rule 6)
     */
    ReadResult local(LocalSegment segment, long offset, int maxBytes, boolean wholeFirst, int limit) {
        Found first = SegmentSearch.batchOf(segment, offset, limit);
        if (first == null) {
            return new ReadResult.Nothing();
        }
        int length = lengthFrom(first, limit, maxBytes, wholeFirst);
        if (length == 0) {
            return new ReadResult.Nothing();
        }
        metrics.hotReadBytes.increment(length);
        return new ReadResult.Hot(segment.slice(first.position(), length));
    }

    private static int lengthFrom(Found first, int limit, int maxBytes, boolean wholeFirst) {
        if (first.sizeInBytes() > maxBytes) {
            return wholeFirst ? first.sizeInBytes() : 0;
        }
        return Math.min(maxBytes, limit - first.position());
    }

    /** Of a segment in the object store. Blocks. */
    ByteBuffer remote(OffloadedSegment reference, long offset, int maxBytes, boolean wholeFirst) {
        RemoteSegment segment = new RemoteSegment(reference, remote);
        Found first = SegmentSearch.batchOf(segment, offset, segment.size());
        if (first == null) {
            throw new KafkaStorageException("offset " + offset + " is missing from " + reference.object());
        }
        int length = lengthFrom(first, segment.size(), maxBytes, wholeFirst);
        metrics.coldReadBytes.increment(length);
        return length == 0 ? ByteBuffer.allocate(0) : segment.read(first.position(), length);
    }

    /** The reference to the segment with that offset; null when the record has none. May block, on a manifest page. */
    @Nullable
    OffloadedSegment offloaded(@Nullable PartitionRecord record, long offset) {
        if (record == null) {
            return null;
        }
        OffloadedSegment inline = holding(record.offloaded(), offset);
        if (inline != null) {
            return inline;
        }
        ManifestPage page = pageOf(record, offset);
        return page == null ? null : holding(remote.page(page), offset);
    }

    /** Whether the segment with that offset is in the object store. Never blocks. */
    static boolean isOffloaded(PartitionRecord record, long offset) {
        return holding(record.offloaded(), offset) != null || pageOf(record, offset) != null;
    }

    private static @Nullable ManifestPage pageOf(PartitionRecord record, long offset) {
        for (ManifestPage page : record.pages()) {
            if (offset >= page.baseOffset() && offset < page.endOffset()) {
                return page;
            }
        }
        return null;
    }

    private static @Nullable OffloadedSegment holding(List<OffloadedSegment> segments, long offset) {
        for (OffloadedSegment segment : segments) {
            if (offset >= segment.baseOffset() && offset < segment.endOffset()) {
                return segment;
            }
        }
        return null;
    }
}
