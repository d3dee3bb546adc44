package io.varve.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the byte stream into frames (a four-byte length, then that many bytes) and passes each on as one buffer without the length.
 *
 * <p>The length is checked before anything else. A small frame is a slice of what was read or a copy of its few bytes. The rest of a
 * large one is read by the socket straight into the frame's own buffer ({@link #nextReadBuffer}), which grows as bytes come in: a
 * length alone never allocates more than {@value #READ_BYTES} bytes.
 */
final class FrameAssembler extends ChannelInboundHandlerAdapter {
    /** What one read brings between frames; frames up to here need no {@link LargeFrame} announcement. */
    static final int READ_BYTES = 32 * 1024;

    private static final int LENGTH_BYTES = 4;

    /** The shortest request header: API key, version, correlation id. */
    private static final int MIN_FRAME_BYTES = 8;

    private static final int SECOND_CAPACITY = 1024 * 1024;
    private static final int GROWTH = 8;

    /** A frame that fills at least this part of a read buffer may keep the whole buffer alive. */
    private static final int SLICE_FRACTION = 2;

    private final int maxFrameBytes;
    private int lengthSoFar;
    private int lengthRead;
    private @Nullable ByteBuf frame;
    private int frameLength;
    private @Nullable ByteBuf direct;
    private boolean failed;

    FrameAssembler(int maxFrameBytes) {
        this.maxFrameBytes = maxFrameBytes;
    }

    /** Where the socket is to put what it reads next: the frame under way, else a small buffer. */
    ByteBuf nextReadBuffer(ByteBufAllocator allocator) {
        ByteBuf target = frame;
        if (target == null) {
            return allocator.ioBuffer(READ_BYTES);
        }
        if (target.writableBytes() == 0) {
            grow(target, 1);
        }
        ByteBuf room = target.retainedSlice(target.writerIndex(), target.writableBytes())
                .clear();
        direct = room;
        return room;
    }

    private void grow(ByteBuf target, int needed) {
        long next = Math.max(SECOND_CAPACITY, (long) target.capacity() * GROWTH);
        target.capacity((int) Math.min(frameLength, Math.max(next, (long) target.writerIndex() + needed)));
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // this very buffer, not one with equal bytes
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        ByteBuf target = frame;
        ByteBuf expected = direct;
        direct = null;
        try {
            if (target != null && in == expected) {
                target.writerIndex(target.writerIndex() + in.readableBytes());
                passOnIfComplete(ctx, target);
            } else {
                cut(ctx, in);
            }
        } finally {
            in.release();
        }
    }

    private void cut(ChannelHandlerContext ctx, ByteBuf in) {
        while (in.isReadable() && !failed) {
            if (frame != null) {
                append(ctx, frame, in);
            } else if (readLength(in)) {
                begin(ctx, in);
            }
        }
    }

    private boolean readLength(ByteBuf in) {
        while (lengthRead < LENGTH_BYTES) {
            if (!in.isReadable()) {
                return false;
            }
            lengthSoFar = lengthSoFar << Byte.SIZE | in.readUnsignedByte();
            lengthRead++;
        }
        frameLength = lengthSoFar;
        lengthSoFar = 0;
        lengthRead = 0;
        if (frameLength < MIN_FRAME_BYTES || frameLength > maxFrameBytes) {
            failed = true;
            throw new FrameException("a frame of " + frameLength + " bytes is not between " + MIN_FRAME_BYTES
                    + " and socket.request.max.bytes=" + maxFrameBytes);
        }
        return true;
    }

    private void begin(ChannelHandlerContext ctx, ByteBuf in) {
        if (in.readableBytes() >= frameLength && frameLength >= in.capacity() / SLICE_FRACTION) {
            ctx.fireChannelRead(in.readRetainedSlice(frameLength));
            return;
        }
        ByteBuf begun =
                ctx.alloc().directBuffer(Math.min(frameLength, Math.max(READ_BYTES, in.readableBytes())), frameLength);
        frame = begun;
        append(ctx, begun, in);
        if (frame != null && frameLength > READ_BYTES) {
            ctx.fireUserEventTriggered(new LargeFrame(frameLength, begun::writerIndex));
        }
    }

    private void append(ChannelHandlerContext ctx, ByteBuf target, ByteBuf in) {
        int bytes = Math.min(in.readableBytes(), frameLength - target.writerIndex());
        if (bytes > target.writableBytes()) {
            grow(target, bytes);
        }
        target.writeBytes(in, bytes);
        passOnIfComplete(ctx, target);
    }

    private void passOnIfComplete(ChannelHandlerContext ctx, ByteBuf target) {
        if (target.writerIndex() == frameLength) {
            frame = null;
            ctx.fireChannelRead(target);
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        if (frame != null) {
            frame.release();
            frame = null;
        }
    }
}
