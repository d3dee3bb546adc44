package io.varve.log;

import io.netty.util.ReferenceCounted;
import io.varve.cluster.PartitionId;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * One record batch on its way into the journal, and the format of its header there ({@value #HEADER_BYTES} bytes, big-endian):
 *
 * <pre>
 *  0 int  magic            16 long topic id (high)   48 long base offset of the batch
 *  4 int  CRC-32C of 8..63 24 long topic id (low)    56 int  leader epoch of the batch
 *  8 long file sequence    32 int  partition         60 int  length of the batch
 *                          36 long segment's base offset
 *                          44 int  position in the segment
 * </pre>
 *
 * The batch follows as it is; its own checksum guards it, and what that does not cover (base offset, epoch, length) is repeated
 * in the header.
 *
 * @param target the segment the batch was written to
 * @param position where in the segment
 * @param endOffset the offset after its last record
 * @param batch its bytes
 * @param hold keeps {@code batch} alive; released once it is written
 */
record JournalEntry(JournalTarget target, int position, long endOffset, ByteBuffer batch, ReferenceCounted hold) {
    static final int HEADER_BYTES = 64;
    static final int MAGIC = 0x564A4531; // "VJE1"

    /** Bytes in the journal. */
    int journalBytes() {
        return HEADER_BYTES + batch.remaining();
    }

    void putHeader(ByteBuffer out, long fileSequence) {
        int start = out.position();
        Batch view = new Batch(batch, batch.position());
        PartitionId partition = target.partition();
        out.putInt(MAGIC).putInt(0).putLong(fileSequence);
        out.putLong(partition.topicId().getMostSignificantBits());
        out.putLong(partition.topicId().getLeastSignificantBits());
        out.putInt(partition.partition());
        out.putLong(target.baseOffset());
        out.putInt(position);
        out.putLong(view.baseOffset());
        out.putInt(view.leaderEpoch());
        out.putInt(batch.remaining());
        out.putInt(start + 4, headerChecksum(out, start));
    }

    private static int headerChecksum(ByteBuffer header, int start) {
        CRC32C crc = new CRC32C();
        crc.update(header.duplicate().limit(start + HEADER_BYTES).position(start + 8));
        return (int) crc.getValue();
    }

    /**
     * A header read back.
     *
     * @param length of the batch that follows
     */
    record Header(
            long fileSequence,
            PartitionId partition,
            long segmentBaseOffset,
            int position,
            long baseOffset,
            int leaderEpoch,
            int length) {

        /** Reads a header at the buffer's position, or returns null when there is none or it is damaged. */
        static @Nullable Header read(ByteBuffer in) {
            int start = in.position();
            if (in.remaining() < HEADER_BYTES || in.getInt(start) != MAGIC) {
                return null;
            }
            if (in.getInt(start + 4) != headerChecksum(in, start)) {
                return null;
            }
            return new Header(
                    in.getLong(start + 8),
                    new PartitionId(new Uuid(in.getLong(start + 16), in.getLong(start + 24)), in.getInt(start + 32)),
                    in.getLong(start + 36),
                    in.getInt(start + 44),
                    in.getLong(start + 48),
                    in.getInt(start + 56),
                    in.getInt(start + 60));
        }

        /** Whether {@code batch} is the one that was written under this header, whole. */
        boolean matches(ByteBuffer batch) {
            Batch view = new Batch(batch, batch.position());
            return batch.remaining() == length
                    && view.sizeInBytes() == length
                    && view.baseOffset() == baseOffset
                    && view.leaderEpoch() == leaderEpoch
                    && view.isChecksumValid();
        }
    }
}
