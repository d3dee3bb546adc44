package io.varve.replica;

import io.varve.cluster.PartitionId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.common.Uuid;

/**
 * The frames of the internal protocol, version 2: {@code int length} of what follows, {@code byte type}, {@code long stream} (of a fence: its
 * number), then by type:
 *
 * <pre>
 *  owner to member                                       member to owner
 *   1 open    segment, producer states                   11 opened
 *   2 append  int position, long high watermark, batch   12 copied   long end offset, int size
 *   3 seal                                               13 lost     words
 *   4 close                                              14 fenced   long end offset, int size, long max timestamp, byte complete
 *   5 fence   segment, int epoch                         15 no copy
 *   6 advance long high watermark (since version 2)      16 refused  words
 *  segment: 16 bytes topic id, int partition, long base offset, int epoch
 * </pre>
 */
final class Frames {
    static final byte OPEN = 1;
    static final byte APPEND = 2;
    static final byte SEAL = 3;
    static final byte CLOSE = 4;
    static final byte FENCE = 5;
    static final byte ADVANCE = 6;
    static final byte OPENED = 11;
    static final byte COPIED = 12;
    static final byte LOST = 13;
    static final byte FENCED = 14;
    static final byte NO_COPY = 15;
    static final byte REFUSED = 16;

    /** The first version of the protocol that has {@link #ADVANCE}. */
    static final int FIRST_VERSION_WITH_ADVANCE = 2;

    /** Type and stream. */
    static final int HEAD_BYTES = 9;

    private static final int SEGMENT_BYTES = 32;
    private static final int APPEND_BYTES = 12;
    private static final int MAX_WORDS = 1_000;

    private Frames() {}

    private static ByteBuffer begin(byte type, long stream, int bytes, int following) {
        return ByteBuffer.allocate(Integer.BYTES + HEAD_BYTES + bytes)
                .putInt(HEAD_BYTES + bytes + following)
                .put(type)
                .putLong(stream);
    }

    /** A frame without more to say. */
    static ByteBuffer plain(byte type, long stream) {
        return begin(type, stream, 0, 0).flip();
    }

    static ByteBuffer open(long stream, SegmentId segment, byte[] producers) {
        return put(begin(OPEN, stream, SEGMENT_BYTES + producers.length, 0), segment)
                .put(producers)
                .flip();
    }

    /** What comes before {@code batchBytes} of a batch. */
    static ByteBuffer append(long stream, int position, long highWatermark, int batchBytes) {
        return begin(APPEND, stream, APPEND_BYTES, batchBytes)
                .putInt(position)
                .putLong(highWatermark)
                .flip();
    }

    static ByteBuffer advance(long stream, long highWatermark) {
        return begin(ADVANCE, stream, Long.BYTES, 0).putLong(highWatermark).flip();
    }

    static ByteBuffer fence(long number, SegmentId segment, int epoch) {
        return put(begin(FENCE, number, SEGMENT_BYTES + Integer.BYTES, 0), segment)
                .putInt(epoch)
                .flip();
    }

    static ByteBuffer copied(long stream, long endOffset, int sizeBytes) {
        return begin(COPIED, stream, 12, 0).putLong(endOffset).putInt(sizeBytes).flip();
    }

    static ByteBuffer fenced(long number, CopyEnd end) {
        return begin(FENCED, number, 21, 0)
                .putLong(end.endOffset())
                .putInt(end.sizeBytes())
                .putLong(end.maxTimestamp())
                .put((byte) (end.isComplete() ? 1 : 0))
                .flip();
    }

    static CopyEnd end(ByteBuffer in) {
        return new CopyEnd(in.getLong(), in.getInt(), in.getLong(), in.get() == 1);
    }

    /** {@link #LOST} or {@link #REFUSED}. */
    static ByteBuffer words(byte type, long stream, String words) {
        byte[] all = words.getBytes(StandardCharsets.UTF_8);
        byte[] bytes = Arrays.copyOf(all, Math.min(all.length, MAX_WORDS));
        return begin(type, stream, bytes.length, 0).put(bytes).flip();
    }

    static String words(ByteBuffer in) {
        return StandardCharsets.UTF_8.decode(in).toString();
    }

    private static ByteBuffer put(ByteBuffer out, SegmentId segment) {
        Uuid topic = segment.partition().topicId();
        return out.putLong(topic.getMostSignificantBits())
                .putLong(topic.getLeastSignificantBits())
                .putInt(segment.partition().partition())
                .putLong(segment.baseOffset())
                .putInt(segment.epoch());
    }

    static SegmentId segment(ByteBuffer in) {
        PartitionId partition = new PartitionId(new Uuid(in.getLong(), in.getLong()), in.getInt());
        return new SegmentId(partition, in.getLong(), in.getInt());
    }

    static byte[] rest(ByteBuffer in) {
        byte[] rest = new byte[in.remaining()];
        in.get(rest);
        return rest;
    }
}
