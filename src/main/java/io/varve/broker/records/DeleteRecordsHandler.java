package io.varve.broker.records;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsPartition;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsTopic;
import org.apache.kafka.common.message.DeleteRecordsResponseData;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsPartitionResult;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsTopicResult;
import org.apache.kafka.common.requests.DeleteRecordsRequest;
import org.apache.kafka.common.requests.DeleteRecordsResponse;

/** DeleteRecords: moves the log start offset up, in both tiers; answered when the metadata store has it. */
final class DeleteRecordsHandler implements RequestHandler {
    private final PartitionLookup lookup;

    DeleteRecordsHandler(PartitionLookup lookup) {
        this.lookup = lookup;
    }

    @Override
    public CompletableFuture<Reply> handle(Request request) {
        DeleteRecordsRequest body = request.body(DeleteRecordsRequest.class);
        return request.onVirtualThread(() -> {
            DeleteRecordsResponseData answer = new DeleteRecordsResponseData();
            for (DeleteRecordsTopic topic : body.data().topics()) {
                DeleteRecordsTopicResult topicAnswer = new DeleteRecordsTopicResult().setName(topic.name());
                for (DeleteRecordsPartition partition : topic.partitions()) {
                    topicAnswer
                            .partitions()
                            .add(delete(topic.name(), partition, body.data().timeoutMs()));
                }
                answer.topics().add(topicAnswer);
            }
            return new Reply.Send(new DeleteRecordsResponse(answer));
        });
    }

    private DeleteRecordsPartitionResult delete(String topic, DeleteRecordsPartition wanted, int timeoutMillis) {
        DeleteRecordsPartitionResult result =
                new DeleteRecordsPartitionResult().setPartitionIndex(wanted.partitionIndex());
        try {
            long start =
                    lookup.byName(topic, wanted.partitionIndex()).deleteRecordsBefore(wanted.offset(), timeoutMillis);
            return result.setLowWatermark(start);
        } catch (RuntimeException e) {
            return result.setErrorCode(RecordErrors.of(e).code())
                    .setLowWatermark(DeleteRecordsResponse.INVALID_LOW_WATERMARK);
        }
    }
}
