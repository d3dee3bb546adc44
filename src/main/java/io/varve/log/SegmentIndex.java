package io.varve.log;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * A segment's sparse index over offsets and times, in memory while the segment is open.
 *
 * <p>An entry stands for the batch at {@code position}: its base offset, relative to the segment's, and the largest timestamp of
 * all batches <em>before</em> it. So both columns only grow, and one binary search answers where to start reading for an offset
 * and for a time. On disk and in data objects the index is its entries, {@value #ENTRY_BYTES} bytes each, big-endian:
 * {@code int relativeOffset, int position, long maxTimestampBefore}. Not thread-safe.
 */
final class SegmentIndex {
    static final int ENTRY_BYTES = 16;

    private int size;
    private int[] relativeOffsets = new int[8];
    private int[] positions = new int[8];
    private long[] maxTimestamps = new long[8];

    /** Of the first {@link #summed} entries. */
    private final CRC32C sum = new CRC32C();

    private int summed;

    /** Adds an entry; every column must be at least what the last entry has. */
    void add(int relativeOffset, int position, long maxTimestampBefore) {
        if (size > 0 && (relativeOffset <= relativeOffsets[size - 1] || position <= positions[size - 1])) {
            throw new IllegalArgumentException(
                    "index entries must grow: offset +" + relativeOffset + " at " + position);
        }
        if (size == positions.length) {
            int capacity = size * 2;
            relativeOffsets = Arrays.copyOf(relativeOffsets, capacity);
            positions = Arrays.copyOf(positions, capacity);
            maxTimestamps = Arrays.copyOf(maxTimestamps, capacity);
        }
        relativeOffsets[size] = relativeOffset;
        positions[size] = position;
        maxTimestamps[size] = maxTimestampBefore;
        size++;
    }

    int size() {
        return size;
    }

    /** The position of the newest entry, or 0 when there is none. */
    int lastPosition() {
        return size == 0 ? 0 : positions[size - 1];
    }

    /** Forgets every entry from {@code count} on. */
    void truncate(int count) {
        size = Math.min(size, count);
        if (count < summed) {
            sum.reset();
            summed = 0;
        }
    }

    /** CRC-32C of all entries as they are stored. */
    int checksum() {
        sum.update(encode(summed, size));
        summed = size;
        return (int) sum.getValue();
    }

    /** The position of the last indexed batch whose base offset is at most {@code relativeOffset}; 0 when there is none. */
    int positionOfOffset(int relativeOffset) {
        int found = Arrays.binarySearch(relativeOffsets, 0, size, relativeOffset);
        int entry = found >= 0 ? found : -found - 2;
        return entry < 0 ? 0 : positions[entry];
    }

    /** A position that no batch before it holds a timestamp of at least {@code timestamp}. */
    int positionBeforeTimestamp(long timestamp) {
        int low = 0;
        int high = size - 1;
        int position = 0;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (maxTimestamps[middle] < timestamp) {
                position = positions[middle];
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return position;
    }

    /** What the index knows of the batches before {@code position}: the largest timestamp, or -1, of all of them. */
    record Prefix(int position, long maxTimestamp) {}

    /** The longest prefix of the segment that ends at or before {@code limit} bytes. */
    Prefix prefixOf(int limit) {
        int found = Arrays.binarySearch(positions, 0, size, limit);
        int entry = found >= 0 ? found : -found - 2;
        return entry < 0 ? new Prefix(0, -1) : new Prefix(positions[entry], maxTimestamps[entry]);
    }

    /** Entries {@code from} (inclusive) to {@code to} (exclusive) as they are stored. */
    ByteBuffer encode(int from, int to) {
        ByteBuffer encoded = ByteBuffer.allocate((to - from) * ENTRY_BYTES);
        for (int i = from; i < to; i++) {
            encoded.putInt(relativeOffsets[i]).putInt(positions[i]).putLong(maxTimestamps[i]);
        }
        return encoded.flip();
    }

    /**
     * Reads stored entries.
     *
     * @throws IllegalArgumentException when they do not grow: the index is damaged
     */
    static SegmentIndex decode(ByteBuffer stored) {
        SegmentIndex index = new SegmentIndex();
        ByteBuffer entries = stored.duplicate();
        while (entries.remaining() >= ENTRY_BYTES) {
            index.add(entries.getInt(), entries.getInt(), entries.getLong());
        }
        return index;
    }

    /** As {@link #positionOfOffset}, over stored entries. */
    static int searchOffset(ByteBuffer stored, int relativeOffset) {
        int low = 0;
        int high = stored.remaining() / ENTRY_BYTES - 1;
        int position = 0;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int at = stored.position() + middle * ENTRY_BYTES;
            if (stored.getInt(at) <= relativeOffset) {
                position = stored.getInt(at + 4);
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return position;
    }

    /** As {@link #positionBeforeTimestamp}, over stored entries. */
    static int searchTimestamp(ByteBuffer stored, long timestamp) {
        int low = 0;
        int high = stored.remaining() / ENTRY_BYTES - 1;
        int position = 0;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int at = stored.position() + middle * ENTRY_BYTES;
            if (stored.getLong(at + 8) < timestamp) {
                position = stored.getInt(at + 4);
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return position;
    }
}
