package io.varve.broker.records;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.DescribeProducersRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeProducersResponseData;
import org.apache.kafka.common.message.DescribeProducersResponseData.PartitionResponse;
import org.apache.kafka.common.message.DescribeProducersResponseData.ProducerState;
import org.apache.kafka.common.message.DescribeProducersResponseData.TopicResponse;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeProducersRequest;
import org.apache.kafka.common.requests.DescribeProducersResponse;

/** DescribeProducers (KIP-664): the idempotent producers a partition remembers. */
final class DescribeProducersHandler implements RequestHandler {
    private final PartitionLookup lookup;

    DescribeProducersHandler(PartitionLookup lookup) {
        this.lookup = lookup;
    }

    @Override
    public CompletableFuture<Reply> handle(Request request) {
        DescribeProducersRequest body = request.body(DescribeProducersRequest.class);
        DescribeProducersResponseData answer = new DescribeProducersResponseData();
        for (TopicRequest topic : body.data().topics()) {
            TopicResponse topicAnswer = new TopicResponse().setName(topic.name());
            for (int index : topic.partitionIndexes()) {
                topicAnswer.partitions().add(describe(topic.name(), index));
            }
            answer.topics().add(topicAnswer);
        }
        return CompletableFuture.completedFuture(new Reply.Send(new DescribeProducersResponse(answer)));
    }

    private PartitionResponse describe(String topic, int index) {
        PartitionResponse answer = new PartitionResponse().setPartitionIndex(index);
        try {
            lookup.byName(topic, index)
                    .producers()
                    .forEach(producer -> answer.activeProducers()
                            .add(new ProducerState()
                                    .setProducerId(producer.producerId())
                                    .setProducerEpoch(producer.epoch())
                                    .setLastSequence(producer.lastSequence())
                                    .setLastTimestamp(producer.lastTimestamp())
                                    .setCoordinatorEpoch(-1)
                                    .setCurrentTxnStartOffset(-1)));
        } catch (RuntimeException e) {
            Errors error = RecordErrors.of(e);
            answer.setErrorCode(error.code()).setErrorMessage(e.getMessage());
        }
        return answer;
    }
}
