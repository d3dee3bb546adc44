package io.varve.replica;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Takes a link's bytes apart into frames, in place. One thread at a time. */
final class FrameReader {
    private static final int BUFFER_BYTES = 256 * 1024;

    private final Network.Link link;
    private final int maxFrameBytes;
    private ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES).flip();

    /** @param maxFrameBytes a longer frame ends the connection, before anything is allocated for it */
    FrameReader(Network.Link link, int maxFrameBytes) {
        this.link = link;
        this.maxFrameBytes = maxFrameBytes;
    }

    /**
     * Blocks until more has come; frames that were handed out before are not to be used any more.
     *
     * @return false at the end of the link
     */
    boolean fill() throws IOException {
        makeRoom();
        int read = link.read(buffer);
        buffer.flip();
        return read >= 0;
    }

    /** Puts what is left at the front of a buffer that can take the frame that has begun. */
    private void makeRoom() throws IOException {
        int needed = buffer.remaining() >= Integer.BYTES ? Integer.BYTES + length() : Integer.BYTES;
        int capacity = Math.max(BUFFER_BYTES, needed);
        if (capacity > buffer.capacity()
                || (buffer.capacity() > BUFFER_BYTES
                        && buffer.remaining() < BUFFER_BYTES
                        && capacity == BUFFER_BYTES)) {
            buffer = ByteBuffer.allocateDirect(capacity).put(buffer);
        } else {
            buffer.compact();
        }
    }

    private int length() throws IOException {
        int length = buffer.getInt(buffer.position());
        if (length < Frames.HEAD_BYTES || length > maxFrameBytes) {
            throw new IOException("a frame of " + length + " bytes, at most " + maxFrameBytes + " are allowed");
        }
        return length;
    }

    /** The next whole frame that has come, without its length; null when there is none. Good until the next {@link #fill}. */
    @Nullable
    ByteBuffer poll() throws IOException {
        if (buffer.remaining() < Integer.BYTES) {
            return null;
        }
        int length = length();
        if (buffer.remaining() < Integer.BYTES + length) {
            return null;
        }
        ByteBuffer frame = buffer.slice(buffer.position() + Integer.BYTES, length);
        buffer.position(buffer.position() + Integer.BYTES + length);
        return frame;
    }

    /** What was read and not handed out, for whoever goes on with the link. */
    ByteBuffer rest() {
        return buffer.slice();
    }
}
