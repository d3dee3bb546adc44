package io.varve.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the byte stream into frames (a four-byte length, then that many bytes) and passes each on as one buffer without the length.
 *
 * <p>The length is checked before anything else. A frame's buffer grows with the bytes that arrive, so a length alone never allocates
 * more than {@value #FIRST_BYTES} bytes; a frame that lies whole in what was read is passed on without a copy.
 */
final class FrameAssembler extends ChannelInboundHandlerAdapter {
    private static final int LENGTH_BYTES = 4;

    /** The shortest request header: API key, version, correlation id. */
    private static final int MIN_FRAME_BYTES = 8;

    private static final int FIRST_BYTES = 64 * 1024;

    /** A frame that fills at least this part of a read buffer may keep the whole buffer alive. */
    private static final int SLICE_FRACTION = 4;

    private final int maxFrameBytes;
    private final byte[] lengthBytes = new byte[LENGTH_BYTES];
    private int lengthRead;
    private int frameLength;
    private @Nullable ByteBuf frame;

    FrameAssembler(int maxFrameBytes) {
        this.maxFrameBytes = maxFrameBytes;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        try {
            while (in.isReadable()) {
                if (lengthRead < LENGTH_BYTES && !readLength(in)) {
                    return;
                }
                ByteBuf whole = readFrame(ctx, in);
                if (whole == null) {
                    return;
                }
                lengthRead = 0;
                ctx.fireChannelRead(whole);
            }
        } finally {
            in.release();
        }
    }

    private boolean readLength(ByteBuf in) {
        while (lengthRead < LENGTH_BYTES) {
            if (!in.isReadable()) {
                return false;
            }
            lengthBytes[lengthRead++] = in.readByte();
        }
        frameLength = (lengthBytes[0] & 0xff) << 24
                | (lengthBytes[1] & 0xff) << 16
                | (lengthBytes[2] & 0xff) << 8
                | (lengthBytes[3] & 0xff);
        if (frameLength < MIN_FRAME_BYTES || frameLength > maxFrameBytes) {
            throw new FrameException("a frame of " + frameLength + " bytes is not between " + MIN_FRAME_BYTES
                    + " and socket.request.max.bytes=" + maxFrameBytes);
        }
        return true;
    }

    private @Nullable ByteBuf readFrame(ChannelHandlerContext ctx, ByteBuf in) {
        if (frame == null && in.readableBytes() >= frameLength && frameLength >= in.capacity() / SLICE_FRACTION) {
            return in.readRetainedSlice(frameLength);
        }
        if (frame == null) {
            frame = ctx.alloc()
                    .directBuffer(Math.min(frameLength, Math.max(FIRST_BYTES, in.readableBytes())), frameLength);
        }
        frame.writeBytes(in, Math.min(in.readableBytes(), frameLength - frame.readableBytes()));
        if (frame.readableBytes() < frameLength) {
            return null;
        }
        ByteBuf whole = frame;
        frame = null;
        return whole;
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        if (frame != null) {
            frame.release();
            frame = null;
        }
    }
}
