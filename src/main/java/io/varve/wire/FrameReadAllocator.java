package io.varve.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;

/** Lets one channel's socket read where its {@link FrameAssembler} wants the bytes, so that large frames are not copied. */
final class FrameReadAllocator extends DefaultMaxMessagesRecvByteBufAllocator {
    private final FrameAssembler assembler;

    FrameReadAllocator(FrameAssembler assembler) {
        this.assembler = assembler;
    }

    @Override
    @SuppressWarnings(
            "deprecation") // the interface demands Handle; the transports demand ExtendedHandle, which this is
    public Handle newHandle() {
        return new MaxMessageHandle() {
            @Override
            public int guess() {
                return FrameAssembler.READ_BYTES;
            }

            @Override
            public ByteBuf allocate(ByteBufAllocator allocator) {
                return assembler.nextReadBuffer(allocator);
            }
        };
    }
}
