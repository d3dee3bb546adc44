package io.varve.replica;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Takes a connection's bytes apart into frames that outlive it: each body in a buffer of its own, into which the rest of a large one is read
 * straight from the link. One thread at a time.
 */
final class ForwardReader {
    private static final int BUFFER_BYTES = 64 * 1024;
    private static final int HEAD_BYTES = Integer.BYTES + Frames.HEAD_BYTES;

    private final Network.Link link;
    private final int maxFrameBytes;
    private final ByteBufAllocator allocator = PooledByteBufAllocator.DEFAULT;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES).flip();
    private ByteBuffer before;
    private int bodyBytes;
    private byte type;
    private long number;
    private long bytesSoFar;
    private volatile long receivedBytes;

    /**
     * @param before what was read from the link already; copied from, as needed, until it is used up
     * @param maxFrameBytes a longer frame ends the connection, before anything is allocated for it
     */
    ForwardReader(Network.Link link, ByteBuffer before, int maxFrameBytes) {
        this.link = link;
        this.before = before;
        this.maxFrameBytes = maxFrameBytes;
    }

    /** Blocks until the head of the next frame has come; its body is to be taken or skipped. False at the end of the link. */
    boolean next() throws IOException {
        while (buffer.remaining() < HEAD_BYTES) {
            if (!fill()) {
                return false;
            }
        }
        int length = buffer.getInt();
        if (length < Frames.HEAD_BYTES || length > maxFrameBytes) {
            throw new IOException("a frame of " + length + " bytes, at most " + maxFrameBytes + " are allowed");
        }
        type = buffer.get();
        number = buffer.getLong();
        bodyBytes = length - Frames.HEAD_BYTES;
        return true;
    }

    private boolean fill() throws IOException {
        buffer.compact();
        try {
            return read(buffer);
        } finally {
            buffer.flip();
        }
    }

    private boolean read(ByteBuffer into) throws IOException {
        if (before.hasRemaining()) {
            int bytes = Math.min(before.remaining(), into.remaining());
            into.put(before.slice().limit(bytes));
            before.position(before.position() + bytes);
            return true;
        }
        before = ByteBuffer.allocate(0);
        int bytes = link.read(into);
        if (bytes > 0) {
            bytesSoFar += bytes;
            receivedBytes = bytesSoFar;
        }
        return bytes >= 0;
    }

    byte type() {
        return type;
    }

    long number() {
        return number;
    }

    int bodyBytes() {
        return bodyBytes;
    }

    /** How much has come from the link so far. From any thread. */
    long receivedBytes() {
        return receivedBytes;
    }

    /** The body of the frame, which is the caller's to release. Blocks until it is there. */
    ByteBuf body() throws IOException {
        ByteBuf body = allocator.directBuffer(Math.max(1, bodyBytes), Math.max(1, bodyBytes));
        boolean whole = false;
        try {
            int here = Math.min(bodyBytes, buffer.remaining());
            body.writeBytes(buffer.slice().limit(here));
            buffer.position(buffer.position() + here);
            while (body.writerIndex() < bodyBytes) {
                ByteBuffer rest = body.nioBuffer(body.writerIndex(), bodyBytes - body.writerIndex());
                if (!read(rest)) {
                    throw new IOException("it hung up in the middle of a frame");
                }
                body.writerIndex(body.writerIndex() + rest.position());
            }
            whole = true;
            return body;
        } finally {
            if (!whole) {
                body.release();
            }
        }
    }

    /** The body of the frame as a text. Blocks until it is there. */
    String words() throws IOException {
        ByteBuf body = body();
        try {
            return body.toString(0, bodyBytes, StandardCharsets.UTF_8);
        } finally {
            body.release();
        }
    }

    /** Drops the body. Blocks until it has come. */
    void skip() throws IOException {
        int left = bodyBytes;
        while (left > 0) {
            if (!buffer.hasRemaining() && !fill()) {
                throw new IOException("it hung up in the middle of a frame");
            }
            int bytes = Math.min(left, buffer.remaining());
            buffer.position(buffer.position() + bytes);
            left -= bytes;
        }
    }
}
