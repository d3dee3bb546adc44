package io.varve.broker.records;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import io.varve.log.Partition;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopic;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.EpochEndOffset;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.OffsetForLeaderTopicResult;
import org.apache.kafka.common.requests.OffsetsForLeaderEpochRequest;
import org.apache.kafka.common.requests.OffsetsForLeaderEpochResponse;

/** OffsetForLeaderEpoch (KIP-320): where an epoch ended, so that a consumer can tell whether the log has changed under it. */
final class OffsetForLeaderEpochHandler implements RequestHandler {
    private final PartitionLookup lookup;

    OffsetForLeaderEpochHandler(PartitionLookup lookup) {
        this.lookup = lookup;
    }

    @Override
    public CompletableFuture<Reply> handle(Request request) {
        OffsetsForLeaderEpochRequest body = request.body(OffsetsForLeaderEpochRequest.class);
        OffsetForLeaderEpochResponseData answer = new OffsetForLeaderEpochResponseData();
        for (OffsetForLeaderTopic topic : body.data().topics()) {
            OffsetForLeaderTopicResult topicAnswer = new OffsetForLeaderTopicResult().setTopic(topic.topic());
            for (OffsetForLeaderPartition partition : topic.partitions()) {
                topicAnswer.partitions().add(answer(topic.topic(), partition));
            }
            answer.topics().add(topicAnswer);
        }
        return CompletableFuture.completedFuture(new Reply.Send(new OffsetsForLeaderEpochResponse(answer)));
    }

    private EpochEndOffset answer(String topic, OffsetForLeaderPartition wanted) {
        EpochEndOffset answer = new EpochEndOffset().setPartition(wanted.partition());
        try {
            Partition partition = lookup.byName(topic, wanted.partition());
            PartitionLookup.requireEpoch(partition, wanted.currentLeaderEpoch());
            partition
                    .reader()
                    .endOfEpoch(wanted.leaderEpoch())
                    .ifPresent(end -> answer.setLeaderEpoch(end.epoch()).setEndOffset(end.startOffset()));
        } catch (RuntimeException e) {
            answer.setErrorCode(RecordErrors.of(e).code());
        }
        return answer;
    }
}
