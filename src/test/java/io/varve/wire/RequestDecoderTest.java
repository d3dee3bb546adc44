package io.varve.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.varve.broker.Apis;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.MetadataRequest;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.RequestHeader;
import org.junit.jupiter.api.Test;

class RequestDecoderTest {
    /** What a list of a million places costs, some times over. */
    private static final long MOST_BYTES = 64L << 20;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final RequestDecoder decoder = new RequestDecoder(serving(EnumSet.allOf(ApiKeys.class)));

    private static Apis serving(Set<ApiKeys> keys) {
        Apis.Builder apis = Apis.builder();
        keys.forEach(key -> apis.serve(key, request -> new CompletableFuture<>()));
        return apis.build();
    }

    private static ByteBuf header(ApiKeys api, int version) {
        ByteBuf frame = Unpooled.buffer()
                .writeShort(api.id)
                .writeShort(version)
                .writeInt(7)
                .writeShort(1)
                .writeByte('c');
        return api.requestHeaderVersion((short) version) >= 2 ? frame.writeByte(0) : frame;
    }

    /** How many bytes the heap was asked for while {@code frame} was decoded, successfully or not. */
    private long allocatedBy(ByteBuf frame) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        try {
            decoder.decode(frame);
        } catch (FrameException expected) {
            assertThat(expected).hasMessageStartingWith("cannot parse a request");
        }
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }

    @Test
    void recordsAreSlicesOfTheFrame() {
        MemoryRecords records = Fakes.records(3_000_000);
        ProduceRequest request = Fakes.produce((short) -1, records);
        byte[] bytes = RawClient.frame(request, new RequestHeader(ApiKeys.PRODUCE, (short) 13, "c", 7));
        ByteBuf frame = Unpooled.directBuffer(bytes.length).writeBytes(bytes);
        int value = frame.writerIndex() - 1000;

        RequestDecoder.Decoded decoded = decoder.decode(frame);
        ByteBuffer parsed = ((MemoryRecords) ((ProduceRequest) decoded.body())
                        .data()
                        .topicData()
                        .iterator()
                        .next()
                        .partitionData()
                        .getFirst()
                        .records())
                .buffer();

        assertThat(parsed).as("larger than the bound on arrays").isEqualTo(records.buffer());
        frame.setByte(value, 99);
        assertThat(parsed).as("the same memory").isNotEqualTo(records.buffer());
        assertThat(parsed.isDirect()).isTrue();
        frame.release();
    }

    @Test
    void hostileArrayLengthsInEveryApiAndVersionCostLittle() {
        int[] lengths = {Integer.MAX_VALUE, 0x7fffff00, 1_000_001, 60_000, -2, Integer.MIN_VALUE};
        // Zeros after the length make many an element, so that a parser that believes the length goes on for long.
        byte[] rest = new byte[64 * 1024];
        forEveryVersion((api, version) -> {
            for (int length : lengths) {
                ByteBuf fixed = header(api, version).writeInt(length).writeBytes(rest);
                ByteBuf compact = writeVarint(header(api, version), length).writeBytes(rest);
                assertThat(allocatedBy(fixed))
                        .as("%s %d %d", api, version, length)
                        .isLessThan(MOST_BYTES / 8);
                assertThat(allocatedBy(compact))
                        .as("%s %d %d", api, version, length)
                        .isLessThan(MOST_BYTES / 8);
            }
        });
    }

    @Test
    void theLongestArraysThatAreBelievedCostABoundedAmount() {
        byte[] rest = new byte[1_100_000];
        for (ApiKeys api : ApiKeys.values()) {
            if (!api.hasValidVersion()) {
                continue;
            }
            short version = api.latestVersion(false);
            ByteBuf fixed = header(api, version).writeInt(999_999).writeBytes(rest);
            ByteBuf compact = writeVarint(header(api, version), 999_999).writeBytes(rest);
            assertThat(allocatedBy(fixed)).as("%s", api).isLessThan(2 * MOST_BYTES);
            assertThat(allocatedBy(compact)).as("%s", api).isLessThan(2 * MOST_BYTES);
        }
    }

    private static void forEveryVersion(BiConsumer<ApiKeys, Short> check) {
        for (ApiKeys api : ApiKeys.values()) {
            for (short version : api.allVersions()) {
                if (api.isVersionEnabled(version, false)) {
                    check.accept(api, version);
                }
            }
        }
    }

    private static ByteBuf writeVarint(ByteBuf frame, int value) {
        int rest = value;
        while ((rest & ~0x7f) != 0) {
            frame.writeByte((rest & 0x7f) | 0x80);
            rest >>>= 7;
        }
        return frame.writeByte(rest);
    }

    @Test
    void randomBodiesOfEveryApiAndVersionAreParsedOrRefused() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        forEveryVersion((api, version) -> {
            for (int round = 0; round < 30; round++) {
                byte[] body = new byte[random.nextInt(400)];
                if (round % 3 > 0) {
                    random.nextBytes(body);
                }
                for (int i = 0; round % 3 == 2 && i < body.length; i++) {
                    // Small numbers: lengths and counts that are believed, so that the parser gets far.
                    body[i] &= 3;
                }
                assertThat(allocatedBy(header(api, version).writeBytes(body)))
                        .as("seed %d: %s version %d round %d", seed, api, version, round)
                        .isLessThan(MOST_BYTES / 8);
            }
        });
    }

    @Test
    void randomHeadersAreRefused() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = new byte[8 + random.nextInt(60)];
            random.nextBytes(bytes);
            try {
                RequestHeader header =
                        decoder.decode(Unpooled.wrappedBuffer(bytes)).header();
                assertThat(header.apiKey()).as("seed %d round %d", seed, round).isNotNull();
            } catch (FrameException e) {
                assertThat(e.getMessage()).as("seed %d round %d", seed, round).isNotBlank();
            }
        }
    }

    @Test
    void aMillionTinyStringsAreAsManyAsARequestMayHave() {
        ByteBuf frame = header(ApiKeys.DESCRIBE_GROUPS, 5);
        writeVarint(frame, 900_001);
        frame.writeBytes(filled(900_000, 1)).writeByte(0).writeByte(0);
        assertThat(decoder.decode(frame).body()).isNotNull();

        // Topics, each with a list of many empty strings: every list is short enough, all together are too many.
        ByteBuf nested = header(ApiKeys.DESCRIBE_CONFIGS, 4);
        writeVarint(nested, 21);
        for (int i = 0; i < 20; i++) {
            nested.writeByte(2).writeByte(1);
            writeVarint(nested, 100_001).writeBytes(filled(100_000, 1)).writeByte(0);
        }
        nested.writeByte(0).writeByte(0).writeByte(0);
        assertThatThrownBy(() -> decoder.decode(nested))
                .isInstanceOf(FrameException.class)
                .hasMessageContaining("more than 1000000 strings");
    }

    private static byte[] filled(int length, int value) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    @Test
    void taggedFieldsAreBoundedInHeaderAndBody() {
        int many = 10_001;
        ByteBuf body = header(ApiKeys.DESCRIBE_CLUSTER, 0).writeByte(0);
        writeVarint(body, many);
        for (int tag = 0; tag < many; tag++) {
            writeVarint(body, tag).writeByte(0);
        }
        assertThatThrownBy(() -> decoder.decode(body))
                .isInstanceOf(FrameException.class)
                .hasMessageContaining("more than 10000 unknown tagged fields");

        ByteBuf inHeader = Unpooled.buffer()
                .writeShort(ApiKeys.DESCRIBE_CLUSTER.id)
                .writeShort(0)
                .writeInt(7)
                .writeShort(0);
        writeVarint(inHeader, 1_000_000);
        for (int tag = 0; tag < 1_000_000; tag++) {
            writeVarint(inHeader, tag).writeByte(0);
        }
        assertThat(allocatedBy(inHeader)).isLessThan(8L << 20);
    }

    @Test
    void unknownTaggedFieldsWithinBoundsAreIgnored() {
        ByteBuf body = header(ApiKeys.DESCRIBE_CLUSTER, 0)
                .writeByte(1)
                .writeByte(1)
                .writeByte(77)
                .writeByte(2)
                .writeShort(5);

        assertThat(decoder.decode(body).body().apiKey()).isEqualTo(ApiKeys.DESCRIBE_CLUSTER);
    }

    @Test
    void theLongestClientIdPasses() {
        String clientId = "x".repeat(Short.MAX_VALUE);
        MetadataRequest request = MetadataRequest.Builder.allTopics().build((short) 12);
        byte[] frame = RawClient.frame(request, new RequestHeader(ApiKeys.METADATA, (short) 12, clientId, 7));

        assertThat(decoder.decode(Unpooled.wrappedBuffer(frame)).header().clientId())
                .isEqualTo(clientId);
    }

    @Test
    void refusesWhatIsNotServed() {
        RequestDecoder metadataOnly = new RequestDecoder(serving(Set.of(ApiKeys.METADATA)));

        assertThatThrownBy(() -> metadataOnly.decode(header(ApiKeys.SASL_HANDSHAKE, 1)))
                .isInstanceOf(FrameException.class)
                .hasMessage("API SASL_HANDSHAKE is not served by this broker");
        assertThatThrownBy(() -> metadataOnly.decode(header(ApiKeys.METADATA, 99)))
                .isInstanceOf(FrameException.class)
                .hasMessage("version 99 of METADATA is not supported");
        assertThatThrownBy(() -> decoder.decode(header(ApiKeys.PRODUCE, 0)))
                .as("advertised for librdkafka's sake only")
                .isInstanceOf(FrameException.class);
        assertThatThrownBy(() -> decoder.decode(header(ApiKeys.INIT_PRODUCER_ID, 6)))
                .as("unstable")
                .isInstanceOf(FrameException.class)
                .hasMessage("version 6 of INIT_PRODUCER_ID is not supported");
        assertThatThrownBy(() -> decoder.decode(Unpooled.buffer()
                        .writeShort(999)
                        .writeShort(0)
                        .writeInt(1)
                        .writeShort(-1)))
                .isInstanceOf(FrameException.class)
                .hasMessageContaining("999");
    }

    @Test
    void anApiVersionsRequestFromTheFutureIsNotParsed() {
        ByteBuf frame = header(ApiKeys.API_VERSIONS, 77).writeBytes(new byte[] {1, 2, 3});

        ApiVersionsRequest request = (ApiVersionsRequest) decoder.decode(frame).body();

        assertThat(request.hasUnsupportedRequestVersion()).isTrue();
        assertThat(request.getErrorResponse(0, Errors.UNSUPPORTED_VERSION.exception()))
                .isNotNull();
    }
}
