package io.varve.broker.records;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import io.varve.log.DiskSpace;
import io.varve.log.Partition;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.errors.InvalidRequiredAcksException;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.message.ProduceResponseData.TopicProduceResponse;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse;
import org.jspecify.annotations.Nullable;

/**
 * Produce: appends every partition's batch before it returns, and answers when {@code acks} says so: at once for 0 and 1 (unless
 * the topic has {@code flush.messages}), for all when each batch is safe (rule 3) or the request's time is over.
 */
final class ProduceHandler implements RequestHandler {
    /** Until here zstd was not part of the protocol (KIP-110). */
    private static final short FIRST_VERSION_WITH_ZSTD = 7;

    private static final short FIRST_VERSION_WITH_TOPIC_IDS = 13;
    private static final short ALL = -1;
    private static final int ZSTD = 4;
    private static final int ATTRIBUTES_POSITION = 21;

    private final PartitionLookup lookup;
    private final DiskSpace disk;

    ProduceHandler(PartitionLookup lookup, DiskSpace disk) {
        this.lookup = lookup;
        this.disk = disk;
    }

    /** A partition's answer in the making. */
    private record Pending(PartitionProduceResponse response, CompletableFuture<Void> safe) {}

    @Override
    public CompletableFuture<Reply> handle(Request request) {
        ProduceRequest produce = request.body(ProduceRequest.class);
        ProduceResponseData answer = new ProduceResponseData();
        List<Pending> pending = new ArrayList<>(1);
        boolean failed = false;
        for (TopicProduceData topic : produce.data().topicData()) {
            TopicProduceResponse topicAnswer =
                    new TopicProduceResponse().setName(topic.name()).setTopicId(topic.topicId());
            answer.responses().add(topicAnswer);
            for (PartitionProduceData partition : topic.partitionData()) {
                Pending appended = append(request, produce, topic, partition);
                topicAnswer.partitionResponses().add(appended.response());
                failed |= appended.response().errorCode() != Errors.NONE.code();
                if (!appended.safe().isDone() || appended.safe().isCompletedExceptionally()) {
                    pending.add(appended);
                }
            }
        }
        answer.setThrottleTimeMs(disk.throttleMillis());
        return switch (produce.acks()) {
            case 0 ->
                CompletableFuture.completedFuture(
                        failed ? new Reply.Disconnect("a produce with acks=0 failed") : new Reply.Nothing());
            default -> whenSafe(answer, pending, produce.timeout());
        };
    }

    private Pending append(Request request, ProduceRequest produce, TopicProduceData topic, PartitionProduceData data) {
        PartitionProduceResponse response = new PartitionProduceResponse().setIndex(data.index());
        try {
            Partition partition = find(request.version(), topic, data.index());
            ByteBuffer records = admit(request.version(), produce, data.records());
            Partition.Appended appended = partition.append(records, request.buffer(), produce.acks() == ALL);
            response.setBaseOffset(appended.baseOffset())
                    .setLogAppendTimeMs(appended.appendTimeMillis())
                    .setLogStartOffset(appended.logStartOffset());
            return new Pending(response, appended.safe());
        } catch (RuntimeException e) {
            fail(response, e);
            return new Pending(response, CompletableFuture.completedFuture(null));
        }
    }

    private Partition find(short version, TopicProduceData topic, int index) {
        return version >= FIRST_VERSION_WITH_TOPIC_IDS
                ? lookup.byId(topic.topicId(), index)
                : lookup.byName(topic.name(), index);
    }

    /** Checks what can be said before the batch itself is looked at. */
    private ByteBuffer admit(short version, ProduceRequest produce, @Nullable BaseRecords records) {
        if (produce.acks() < ALL || produce.acks() > 1) {
            throw new InvalidRequiredAcksException("acks must be 0, 1 or -1 (all), not " + produce.acks());
        }
        if (produce.transactionalId() != null) {
            throw new InvalidTxnStateException("this broker does not support transactions yet");
        }
        if (disk.level() == DiskSpace.Level.FULL) {
            throw new KafkaStorageException("the broker's disk is full");
        }
        ByteBuffer bytes = records instanceof MemoryRecords memory ? memory.buffer() : ByteBuffer.allocate(0);
        if (version < FIRST_VERSION_WITH_ZSTD
                && bytes.remaining() > ATTRIBUTES_POSITION + 1
                && (bytes.getShort(bytes.position() + ATTRIBUTES_POSITION) & 7) == ZSTD) {
            throw Errors.UNSUPPORTED_COMPRESSION_TYPE.exception("zstd needs produce requests of version 7 or later");
        }
        return bytes;
    }

    private static void fail(PartitionProduceResponse response, Throwable cause) {
        Errors error = RecordErrors.of(cause);
        response.setErrorCode(error.code())
                .setErrorMessage(error == Errors.UNKNOWN_SERVER_ERROR ? error.message() : cause.getMessage())
                .setBaseOffset(ProduceResponse.INVALID_OFFSET)
                .setLogAppendTimeMs(-1)
                .setLogStartOffset(ProduceResponse.INVALID_OFFSET);
    }

    private static CompletableFuture<Reply> whenSafe(
            ProduceResponseData answer, List<Pending> pending, int timeoutMillis) {
        if (pending.isEmpty()) {
            return CompletableFuture.completedFuture(new Reply.Send(new ProduceResponse(answer)));
        }
        CompletableFuture<?>[] waits = new CompletableFuture<?>[pending.size()];
        for (int i = 0; i < waits.length; i++) {
            waits[i] = pending.get(i).safe();
        }
        return CompletableFuture.allOf(waits)
                .orTimeout(Math.max(1, timeoutMillis), TimeUnit.MILLISECONDS)
                .handle((done, failure) -> {
                    if (failure != null) {
                        pending.forEach(ProduceHandler::settle);
                    }
                    return new Reply.Send(new ProduceResponse(answer));
                });
    }

    /** Something failed or took too long: each partition answers for itself. */
    private static void settle(Pending pending) {
        CompletableFuture<Void> safe = pending.safe();
        if (!safe.isDone()) {
            fail(pending.response(), Errors.REQUEST_TIMED_OUT.exception("the batch was appended but not yet safe"));
        } else if (safe.isCompletedExceptionally()) {
            fail(pending.response(), safe.exceptionNow());
        }
    }
}
