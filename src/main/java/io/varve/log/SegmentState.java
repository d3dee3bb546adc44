package io.varve.log;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * A segment's checkpoint, in its {@code .state} file: up to where the segment and its index are known to be good, with what must be
 * known to go on from there. Losing it costs a longer scan at the next start, never
 * data.
 *
 * @param epoch of the owner that writes the segment
 * @param boot of the machine in which the segment was begun, see {@link Boot}
 * @param position bytes of the segment that the checkpoint covers
 * @param endOffset the offset after the last record before {@code position}
 * @param syncedEnd everything before this offset was on the disk when this was written: a file that ends before it has lost something
 * @param maxTimestamp the largest timestamp before {@code position}, or -1
 * @param indexEntries how many index entries lie before {@code position}
 * @param indexChecksum CRC-32C of those, as they are stored
 * @param producers {@link ProducerStates} as of {@code position}
 */
record SegmentState(
        int epoch,
        Uuid boot,
        int position,
        long endOffset,
        long syncedEnd,
        long maxTimestamp,
        int indexEntries,
        int indexChecksum,
        byte[] producers) {
    private static final int FORMAT = 4;
    private static final int FIXED_BYTES = 68;

    private static final int NO_ENTRIES = new SegmentIndex().checksum();

    /** Where a segment begins. */
    static SegmentState start(int epoch, Uuid boot, long baseOffset, byte[] producers) {
        return new SegmentState(epoch, boot, 0, baseOffset, baseOffset, -1, 0, NO_ENTRIES, producers);
    }

    /**
     * Whether segment and index are certainly as this says in boot {@code now}: what was not synced before the machine was restarted may be
     * anything.
     */
    boolean isReliable(Uuid now) {
        return boot.equals(now) || syncedEnd == endOffset;
    }

    /** The same, with everything in it on the disk. */
    SegmentState synced() {
        return new SegmentState(
                epoch, boot, position, endOffset, endOffset, maxTimestamp, indexEntries, indexChecksum, producers);
    }

    ByteBuffer encode() {
        ByteBuffer out = ByteBuffer.allocate(FIXED_BYTES + producers.length);
        out.putInt(FORMAT)
                .putInt(0)
                .putInt(epoch)
                .putInt(position)
                .putLong(endOffset)
                .putLong(syncedEnd)
                .putLong(maxTimestamp)
                .putLong(boot.getMostSignificantBits())
                .putLong(boot.getLeastSignificantBits());
        out.putInt(indexEntries)
                .putInt(indexChecksum)
                .putInt(producers.length)
                .put(producers)
                .flip();
        out.putInt(4, checksum(out));
        return out;
    }

    /** Reads a state, or returns null when it is missing, torn or of another format. */
    static @Nullable SegmentState decode(ByteBuffer in) {
        if (in.remaining() < FIXED_BYTES || in.getInt(0) != FORMAT) {
            return null;
        }
        int producersLength = in.getInt(64);
        if (producersLength < 0 || producersLength > in.remaining() - FIXED_BYTES) {
            return null;
        }
        ByteBuffer whole = in.slice(0, FIXED_BYTES + producersLength);
        if (whole.getInt(4) != checksum(whole)) {
            return null;
        }
        byte[] producers = new byte[producersLength];
        whole.get(FIXED_BYTES, producers);
        return new SegmentState(
                whole.getInt(8),
                new Uuid(whole.getLong(40), whole.getLong(48)),
                whole.getInt(12),
                whole.getLong(16),
                whole.getLong(24),
                whole.getLong(32),
                whole.getInt(56),
                whole.getInt(60),
                producers);
    }

    private static int checksum(ByteBuffer encoded) {
        CRC32C crc = new CRC32C();
        crc.update(encoded.slice(8, encoded.limit() - 8));
        return (int) crc.getValue();
    }
}
