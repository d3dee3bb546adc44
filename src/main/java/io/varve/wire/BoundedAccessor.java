package io.varve.wire;

import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.types.RawTaggedField;
import org.jspecify.annotations.Nullable;

/**
 * Reads a request out of a frame, within bounds. Records come out as slices of the frame.
 *
 * <p>Kafka's generated code compares every array length with {@link #remaining()} before it allocates, and asks for nothing else by
 * it: byte arrays and records are checked against the buffer itself. Capping it keeps a hostile length from costing more than a list
 * of {@value #MAX_ARRAY} empty places, and counting what is read keeps arrays in arrays from adding up.
 */
final class BoundedAccessor extends ByteBufferAccessor {
    /** Elements of one array, as in Kafka 4.4. */
    static final int MAX_ARRAY = 1_000_000;

    /** Unknown tagged fields of one request, as in Kafka 4.4. */
    static final int MAX_TAGGED_FIELDS = 10_000;

    /** Strings, and other things of any length, in one request: each costs an object or two. */
    static final int MAX_OBJECTS = 1_000_000;

    private int objects;
    private int taggedFields;

    BoundedAccessor(ByteBuffer frame) {
        super(frame);
    }

    @Override
    public int remaining() {
        return Math.min(super.remaining(), MAX_ARRAY);
    }

    @Override
    public byte[] readArray(int length) {
        if (++objects > MAX_OBJECTS) {
            throw new FrameException("more than " + MAX_OBJECTS + " strings and byte arrays");
        }
        return super.readArray(length);
    }

    @Override
    public List<RawTaggedField> readUnknownTaggedField(@Nullable List<RawTaggedField> known, int tag, int length) {
        if (++taggedFields > MAX_TAGGED_FIELDS) {
            throw new FrameException("more than " + MAX_TAGGED_FIELDS + " unknown tagged fields");
        }
        return super.readUnknownTaggedField(known, tag, length);
    }
}
