package io.varve.replica;

import io.netty.util.ReferenceCounted;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A frame on its way to a member.
 *
 * @param head the frame, or what comes before {@code body}
 * @param body a batch, not copied
 * @param hold keeps {@code body} alive; released once
 * @param copy whose batch it is: not sent any more when that is lost
 */
record Outgoing(
        ByteBuffer head,
        @Nullable ByteBuffer body,
        @Nullable ReferenceCounted hold,
        @Nullable FedCopy copy) {

    static Outgoing of(ByteBuffer frame) {
        return new Outgoing(frame, null, null, null);
    }

    boolean isWanted() {
        return copy == null || !copy.isLost();
    }

    int bytes() {
        return head.remaining() + (body == null ? 0 : body.remaining());
    }

    void release() {
        if (hold != null) {
            hold.release();
        }
    }
}
