package io.varve.wire;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.DeleteTopicsRequest;
import org.apache.kafka.common.requests.DeleteTopicsResponse;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse;

/** Requests, responses and handlers for tests. */
final class Fakes {
    static final Uuid TOPIC_ID = new Uuid(1, 2);

    private Fakes() {}

    /** A handler whose requests wait until the test answers them. */
    static final class Held implements RequestHandler {
        private final BlockingQueue<HeldRequest> arrived = new LinkedBlockingQueue<>();

        @Override
        public CompletableFuture<Reply> handle(Request request) {
            HeldRequest held = new HeldRequest(request, new CompletableFuture<>());
            arrived.add(held);
            return held.reply();
        }

        HeldRequest next() throws InterruptedException {
            HeldRequest held = arrived.poll(TestServer.PATIENCE.toSeconds(), TimeUnit.SECONDS);
            if (held == null) {
                throw new AssertionError("no request was handed over");
            }
            return held;
        }

        int waiting() {
            return arrived.size();
        }
    }

    record HeldRequest(Request request, CompletableFuture<Reply> reply) {
        void answer(Reply with) {
            reply.complete(with);
        }
    }

    static CompletableFuture<Reply> now(Reply reply) {
        return CompletableFuture.completedFuture(reply);
    }

    /** A request small enough to send many of; the timeout tells them apart. */
    static DeleteTopicsRequest numbered(int number) {
        return new DeleteTopicsRequest.Builder(new DeleteTopicsRequestData().setTimeoutMs(number)).build();
    }

    static int numberOf(Request request) {
        return request.body(DeleteTopicsRequest.class).data().timeoutMs();
    }

    /** The answer that carries the number back. */
    static Reply numberedReply(int number) {
        return new Reply.Send(new DeleteTopicsResponse(new DeleteTopicsResponseData().setThrottleTimeMs(number)));
    }

    static int numberOf(RawClient.Answer answer) {
        return answer.as(DeleteTopicsResponse.class).data().throttleTimeMs();
    }

    static MemoryRecords records(int valueBytes) {
        return MemoryRecords.withRecords(Compression.NONE, new SimpleRecord(new byte[valueBytes]));
    }

    static ProduceRequest produce(short acks, BaseRecords records) {
        ProduceRequestData.TopicProduceData topic = new ProduceRequestData.TopicProduceData().setTopicId(TOPIC_ID);
        topic.partitionData()
                .add(new ProduceRequestData.PartitionProduceData().setIndex(0).setRecords(records));
        ProduceRequestData data = new ProduceRequestData().setAcks(acks).setTimeoutMs(1000);
        data.topicData().add(topic);
        return new ProduceRequest.Builder((short) 13, (short) 13, data).build();
    }

    static MemoryRecords recordsOf(Request request) {
        return (MemoryRecords) request.body(ProduceRequest.class)
                .data()
                .topicData()
                .iterator()
                .next()
                .partitionData()
                .getFirst()
                .records();
    }

    static Reply produced() {
        return new Reply.Send(new ProduceResponse(new ProduceResponseData()));
    }

    static FetchRequest fetch() {
        return new FetchRequest.SimpleBuilder(new FetchRequestData().setMaxWaitMs(500)).build((short) 17);
    }

    static Reply fetched(BaseRecords... partitions) {
        LinkedHashMap<TopicIdPartition, FetchResponseData.PartitionData> data = new LinkedHashMap<>();
        for (int i = 0; i < partitions.length; i++) {
            data.put(
                    new TopicIdPartition(TOPIC_ID, i, "t"),
                    new FetchResponseData.PartitionData()
                            .setPartitionIndex(i)
                            .setHighWatermark(7)
                            .setRecords(partitions[i]));
        }
        return new Reply.Send(FetchResponse.of(Errors.NONE, 0, 0, data, List.of()));
    }
}
