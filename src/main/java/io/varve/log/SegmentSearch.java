package io.varve.log;

import java.nio.ByteBuffer;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.jspecify.annotations.Nullable;

/** Finds batches and records in a segment, from its index and then from batch header to batch header. */
final class SegmentSearch {
    private SegmentSearch() {}

    /** A record's place in time. */
    record TimestampedOffset(long offset, long timestamp, int leaderEpoch) {}

    /** Where a batch lies. */
    record Found(int position, int sizeInBytes, long baseOffset, long endOffset, long maxTimestamp) {}

    private interface Condition {
        boolean matches(Batch batch);
    }

    /** The batch that holds {@code offset}, or the first one after it; null when there is none before {@code limit} bytes. */
    static @Nullable Found batchOf(SegmentSource segment, long offset, int limit) {
        return first(segment, segment.indexedPosition(offset), limit, batch -> batch.endOffset() > offset);
    }

    /**
     * The first record from {@code firstOffset} on whose timestamp is at least {@code timestamp}; null when there is none before
     * {@code limit} bytes.
     */
    static @Nullable TimestampedOffset recordSince(SegmentSource segment, long timestamp, long firstOffset, int limit) {
        int position = segment.indexedPositionBefore(timestamp);
        while (true) {
            Found found = first(
                    segment,
                    position,
                    limit,
                    batch -> batch.maxTimestamp() >= timestamp && batch.endOffset() > firstOffset);
            if (found == null) {
                return null;
            }
            TimestampedOffset record = recordIn(segment, found, timestamp, firstOffset);
            if (record != null) {
                return record;
            }
            // A client may claim a larger timestamp in the header than its records have.
            position = found.position() + found.sizeInBytes();
        }
    }

    /** The largest timestamp before {@code limit} bytes, going on from what is {@code known}. */
    static long maxTimestamp(SegmentSource segment, SegmentIndex.Prefix known, int limit) {
        long max = known.maxTimestamp();
        int position = known.position();
        for (Found next; (next = first(segment, position, limit, batch -> true)) != null; ) {
            max = Math.max(max, next.maxTimestamp());
            position = next.position() + next.sizeInBytes();
        }
        return max;
    }

    private static @Nullable Found first(SegmentSource segment, int from, int limit, Condition condition) {
        ByteBuffer header = ByteBuffer.allocate(Batch.HEADER_BYTES);
        int position = from;
        while (position + Batch.HEADER_BYTES <= limit) {
            segment.read(position, header.clear());
            Batch batch = new Batch(header, 0);
            if (batch.sizeInBytes() < Batch.HEADER_BYTES) {
                throw new LogException("segment " + segment.baseOffset() + " is damaged at byte " + position
                        + ": a batch claims " + batch.sizeInBytes() + " bytes");
            }
            if (condition.matches(batch)) {
                return new Found(
                        position, batch.sizeInBytes(), batch.baseOffset(), batch.endOffset(), batch.maxTimestamp());
            }
            position += batch.sizeInBytes();
        }
        return null;
    }

    private static @Nullable TimestampedOffset recordIn(
            SegmentSource segment, Found found, long timestamp, long firstOffset) {
        ByteBuffer bytes = ByteBuffer.allocate(found.sizeInBytes());
        segment.read(found.position(), bytes);
        for (MutableRecordBatch batch :
                MemoryRecords.readableRecords(bytes.flip()).batches()) {
            for (Record record : batch) {
                if (record.timestamp() >= timestamp && record.offset() >= firstOffset) {
                    return new TimestampedOffset(record.offset(), record.timestamp(), batch.partitionLeaderEpoch());
                }
            }
        }
        return null;
    }
}
