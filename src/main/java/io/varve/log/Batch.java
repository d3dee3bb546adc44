package io.varve.log;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;

/**
 * A view of one record batch (message format v2) in a buffer: reads and writes header fields in place, without decoding records.
 * Not thread-safe.
 *
 * @see <a href="https://kafka.apache.org/documentation/#recordbatch">Kafka's record batch format</a>
 */
final class Batch {
    static final int BASE_OFFSET = 0;
    static final int LENGTH = 8;
    static final int LEADER_EPOCH = 12;
    static final int MAGIC = 16;
    static final int CRC = 17;
    static final int ATTRIBUTES = 21;
    static final int LAST_OFFSET_DELTA = 23;
    static final int BASE_TIMESTAMP = 27;
    static final int MAX_TIMESTAMP = 35;
    static final int PRODUCER_ID = 43;
    static final int PRODUCER_EPOCH = 51;
    static final int BASE_SEQUENCE = 53;
    static final int RECORD_COUNT = 57;

    /** Bytes before the first record. */
    static final int HEADER_BYTES = 61;

    /** Bytes before the part that the length field counts. */
    static final int LOG_OVERHEAD = 12;

    static final byte MAGIC_V2 = 2;
    static final long NO_PRODUCER_ID = -1;

    private static final int COMPRESSION_MASK = 0x07;
    private static final int TIMESTAMP_TYPE_MASK = 0x08;
    private static final int TRANSACTIONAL_MASK = 0x10;
    private static final int CONTROL_MASK = 0x20;

    private final ByteBuffer buffer;
    private final int start;

    /** A batch that starts at {@code start} of {@code buffer}; at least {@link #HEADER_BYTES} bytes must be there. */
    Batch(ByteBuffer buffer, int start) {
        this.buffer = buffer;
        this.start = start;
    }

    long baseOffset() {
        return buffer.getLong(start + BASE_OFFSET);
    }

    /** Length of the whole batch in bytes, as its header says. */
    int sizeInBytes() {
        return buffer.getInt(start + LENGTH) + LOG_OVERHEAD;
    }

    int leaderEpoch() {
        return buffer.getInt(start + LEADER_EPOCH);
    }

    byte magic() {
        return buffer.get(start + MAGIC);
    }

    int lastOffsetDelta() {
        return buffer.getInt(start + LAST_OFFSET_DELTA);
    }

    /** The offset after the last record. */
    long endOffset() {
        return baseOffset() + lastOffsetDelta() + 1;
    }

    long maxTimestamp() {
        return buffer.getLong(start + MAX_TIMESTAMP);
    }

    long producerId() {
        return buffer.getLong(start + PRODUCER_ID);
    }

    boolean hasProducerId() {
        return producerId() != NO_PRODUCER_ID;
    }

    short producerEpoch() {
        return buffer.getShort(start + PRODUCER_EPOCH);
    }

    int baseSequence() {
        return buffer.getInt(start + BASE_SEQUENCE);
    }

    /** The sequence number of the last record; sequences wrap to 0 after {@link Integer#MAX_VALUE} (KIP-98). */
    int lastSequence() {
        return (int) ((baseSequence() + (long) lastOffsetDelta()) & Integer.MAX_VALUE);
    }

    int recordCount() {
        return buffer.getInt(start + RECORD_COUNT);
    }

    CompressionType compression() {
        return CompressionType.forId(attributes() & COMPRESSION_MASK);
    }

    TimestampType timestampType() {
        return (attributes() & TIMESTAMP_TYPE_MASK) == 0 ? TimestampType.CREATE_TIME : TimestampType.LOG_APPEND_TIME;
    }

    boolean isTransactional() {
        return (attributes() & TRANSACTIONAL_MASK) != 0;
    }

    boolean isControl() {
        return (attributes() & CONTROL_MASK) != 0;
    }

    private short attributes() {
        return buffer.getShort(start + ATTRIBUTES);
    }

    /** Whether the checksum matches what it covers (everything from the attributes on). All bytes must be in the buffer. */
    boolean isChecksumValid() {
        return buffer.getInt(start + CRC) == computeChecksum();
    }

    private int computeChecksum() {
        CRC32C crc = new CRC32C();
        crc.update(buffer.duplicate().limit(start + sizeInBytes()).position(start + ATTRIBUTES));
        return (int) crc.getValue();
    }

    /** Sets what the owner decides; neither field is covered by the checksum. */
    void place(long baseOffset, int leaderEpoch) {
        buffer.putLong(start + BASE_OFFSET, baseOffset);
        buffer.putInt(start + LEADER_EPOCH, leaderEpoch);
    }

    /** Makes {@code appendTimeMillis} the time of all its records ({@code message.timestamp.type=LogAppendTime}). */
    void stampAppendTime(long appendTimeMillis) {
        buffer.putShort(start + ATTRIBUTES, (short) (attributes() | TIMESTAMP_TYPE_MASK));
        buffer.putLong(start + MAX_TIMESTAMP, appendTimeMillis);
        buffer.putInt(start + CRC, computeChecksum());
    }
}
