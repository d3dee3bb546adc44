package io.varve.wire;

import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.ByteBufferAccessor;

/**
 * Reads a request out of a frame. Records come out as slices of the frame.
 *
 * <p>Kafka's generated code compares every array length with {@link #remaining()} before it allocates; capping that keeps a hostile
 * length from costing more than a list of {@value #MAX_ARRAY} empty places.
 */
final class BoundedAccessor extends ByteBufferAccessor {
    static final int MAX_ARRAY = 1_000_000;

    BoundedAccessor(ByteBuffer frame) {
        super(frame);
    }

    @Override
    public int remaining() {
        return Math.min(super.remaining(), MAX_ARRAY);
    }
}
