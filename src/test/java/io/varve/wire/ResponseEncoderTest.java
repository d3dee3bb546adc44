package io.varve.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.varve.broker.Reply;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.DescribeClusterResponse;
import org.apache.kafka.common.requests.DescribeGroupsResponse;
import org.apache.kafka.common.requests.MetadataResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.SyncGroupResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ResponseEncoderTest {
    private final UnpooledByteBufAllocator allocator = UnpooledByteBufAllocator.DEFAULT;

    private byte[] encode(RequestHeader request, AbstractResponse response) {
        ResponseEncoder.Encoded encoded = ResponseEncoder.encode(allocator, request, response);
        ByteBuf[] parts = encoded.parts().toArray(ByteBuf[]::new);
        ByteBuf whole = Unpooled.wrappedBuffer(parts);
        try {
            byte[] bytes = ByteBufUtil.getBytes(whole);
            assertThat(encoded.bytes()).isEqualTo(bytes.length);
            return bytes;
        } finally {
            whole.release();
        }
    }

    /** As Kafka's own classes write it, by way of one buffer. */
    private static byte[] byKafka(RequestHeader request, AbstractResponse response) {
        ByteBuffer header = bytes(
                request.toResponseHeader().data(), request.toResponseHeader().headerVersion());
        ByteBuffer body = bytes(response.data(), request.apiVersion());
        return ByteBuffer.allocate(4 + header.remaining() + body.remaining())
                .putInt(header.remaining() + body.remaining())
                .put(header)
                .put(body)
                .array();
    }

    private static ByteBuffer bytes(ApiMessage message, short version) {
        ByteBufferAccessor accessor = MessageUtil.toByteBufferAccessor(message, version);
        return accessor.buffer();
    }

    static Stream<AbstractResponse> responses() {
        MetadataResponseData metadata =
                new MetadataResponseData().setClusterId("c").setControllerId(3);
        metadata.brokers()
                .add(new MetadataResponseData.MetadataResponseBroker()
                        .setNodeId(3)
                        .setHost("h")
                        .setPort(9));
        return Stream.of(
                new MetadataResponse(metadata, (short) 9),
                new DescribeClusterResponse(new DescribeClusterResponseData().setClusterId("c")),
                new DescribeGroupsResponse(new DescribeGroupsResponseData()
                        .setGroups(List.of(new DescribeGroupsResponseData.DescribedGroup()
                                .setGroupId("g")
                                .setMembers(List.of(new DescribeGroupsResponseData.DescribedGroupMember()
                                        .setMemberId("m")
                                        .setMemberAssignment(new byte[300])))))),
                new SyncGroupResponse(new SyncGroupResponseData().setAssignment(new byte[2_000_000])),
                ((Reply.Send) Fakes.fetched(Fakes.records(100_000), MemoryRecords.EMPTY, Fakes.records(3))).response());
    }

    @ParameterizedTest
    @MethodSource("responses")
    void writesWhatKafkaWritesInEveryVersion(AbstractResponse response) {
        ApiKeys api = response.apiKey();
        List<Short> tried = new ArrayList<>();
        for (short version : api.allVersions()) {
            if (api == ApiKeys.FETCH && version < 13) {
                continue; // the response has topic ids
            }
            RequestHeader request = new RequestHeader(api, version, "c", 42);

            assertThat(encode(request, response)).as("%s %d", api, version).isEqualTo(byKafka(request, response));
            tried.add(version);
        }
        assertThat(tried).contains(api.latestVersion());
    }

    @Test
    void recordsInMemoryAreNotCopied() {
        MemoryRecords records = Fakes.records(100_000);
        AbstractResponse response = ((Reply.Send) Fakes.fetched(records)).response();

        List<Object> parts = ResponseEncoder.encode(
                        allocator, new RequestHeader(ApiKeys.FETCH, (short) 17, "c", 1), response)
                .parts();

        assertThat(parts).hasSize(3);
        ByteBuf middle = (ByteBuf) parts.get(1);
        assertThat(middle.array()).isSameAs(records.buffer().array());
        parts.forEach(part -> ((ByteBuf) part).release());
    }
}
