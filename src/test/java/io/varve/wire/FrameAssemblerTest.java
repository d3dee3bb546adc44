package io.varve.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameAssemblerTest {
    private static final int MAX = 4 * 1024 * 1024;

    private final FrameAssembler assembler = new FrameAssembler(MAX);
    private final List<LargeFrame> announced = new ArrayList<>();
    private final EmbeddedChannel channel = new EmbeddedChannel(assembler, new ChannelInboundHandlerAdapter() {
        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            announced.add((LargeFrame) event);
        }
    });

    @AfterEach
    void releaseEverything() {
        channel.finishAndReleaseAll();
    }

    /** As a transport does it: asks where to read to, fills some of it, passes it on. */
    private int read(ByteBuffer stream, int atMost) {
        ByteBuf into = assembler.nextReadBuffer(PooledByteBufAllocator.DEFAULT);
        int bytes = Math.min(Math.min(atMost, into.writableBytes()), stream.remaining());
        into.writeBytes(stream.slice(stream.position(), bytes));
        stream.position(stream.position() + bytes);
        channel.writeInbound(into);
        return bytes;
    }

    private byte[] nextFrame() {
        ByteBuf frame = channel.readInbound();
        assertThat(frame).as("a complete frame").isNotNull();
        try {
            return ByteBufUtil.getBytes(frame);
        } finally {
            frame.release();
        }
    }

    private static byte[] random(Random random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    @Test
    void framesOfAnySizeSurviveAnyCutting() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        int[] sizes = {8, 9, 100, 16_000, 20_000, 32_764, 32_768, 32_769, 70_000, 1 << 20, (1 << 20) + 1, 3 << 20};
        for (int round = 0; round < 10; round++) {
            List<byte[]> frames = new ArrayList<>();
            int total = 0;
            for (int i = 0; i < 8; i++) {
                frames.add(random(random, sizes[random.nextInt(sizes.length)]));
                total += Integer.BYTES + frames.getLast().length;
            }
            ByteBuffer stream = ByteBuffer.allocate(total);
            frames.forEach(frame -> stream.putInt(frame.length).put(frame));
            stream.flip();
            int mostBytes = switch (random.nextInt(3)) {
                case 0 -> 700;
                case 1 -> 40_000;
                default -> Integer.MAX_VALUE;
            };

            while (stream.hasRemaining()) {
                read(stream, mostBytes == Integer.MAX_VALUE ? mostBytes : 1 + random.nextInt(mostBytes));
            }

            for (byte[] frame : frames) {
                assertThat(nextFrame()).as("seed %d round %d", seed, round).isEqualTo(frame);
            }
        }
    }

    @Test
    void buffersThatWereNotReadInPlaceAreFramesToo() {
        byte[] frame = random(new Random(1), 100_000);
        ByteBuf whole = Unpooled.buffer().writeInt(frame.length).writeBytes(frame);

        channel.writeInbound(whole.readRetainedSlice(50_000));
        channel.writeInbound(whole);

        assertThat(nextFrame()).isEqualTo(frame);
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 7, MAX + 1, Integer.MAX_VALUE})
    void refusesALengthOutOfBoundsAndEverythingAfterIt(int length) {
        assertThatThrownBy(() -> channel.writeInbound(Unpooled.buffer().writeInt(length)))
                .isInstanceOf(FrameException.class)
                .hasMessageContaining("a frame of " + length + " bytes")
                .hasMessageContaining("socket.request.max.bytes=" + MAX);

        channel.writeInbound(Unpooled.buffer().writeInt(8).writeLong(1));
        assertThat(channel.inboundMessages()).isEmpty();
    }

    @Test
    void aLengthAloneAllocatesLittle() {
        ByteBuffer stream = ByteBuffer.allocate(40).putInt(MAX).clear();
        read(stream, 40);

        ByteBuf next = assembler.nextReadBuffer(PooledByteBufAllocator.DEFAULT);
        try {
            assertThat(next.capacity()).isEqualTo(FrameAssembler.READ_BYTES - 36);
        } finally {
            next.release();
        }
        assertThat(announced).hasSize(1);
        assertThat(announced.getFirst().bytes()).isEqualTo(MAX);
        assertThat(announced.getFirst().received().getAsInt()).isEqualTo(36);
    }

    @Test
    void memoryGrowsWithTheBytesThatCameIn() {
        ByteBuffer stream = ByteBuffer.allocate(Integer.BYTES + MAX).putInt(MAX).clear();
        int reads = 0;
        while (stream.hasRemaining()) {
            ByteBuf next = assembler.nextReadBuffer(PooledByteBufAllocator.DEFAULT);
            int here = stream.position() - Integer.BYTES;
            assertThat(next.capacity()).isLessThanOrEqualTo(Math.max(1 << 20, 8 * Math.max(0, here)));
            next.release();
            read(stream, Integer.MAX_VALUE);
            reads++;
        }

        assertThat(reads).as("reads of a 4 MiB frame").isLessThanOrEqualTo(4);
        assertThat(nextFrame()).hasSize(MAX);
    }

    @Test
    void smallFramesAreNotAnnouncedAndDoNotKeepTheReadBuffer() {
        ByteBuffer stream = ByteBuffer.allocate(12).putInt(8).putLong(7).flip();
        read(stream, 12);

        assertThat(announced).isEmpty();
        ByteBuf frame = channel.readInbound();
        assertThat(frame.capacity()).isEqualTo(8);
        frame.release();
    }
}
