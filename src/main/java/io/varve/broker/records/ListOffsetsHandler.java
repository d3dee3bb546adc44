package io.varve.broker.records;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import io.varve.log.Partition;
import io.varve.log.PartitionReader;
import io.varve.log.PartitionReader.OffsetAndTime;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsTopicResponse;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.common.requests.ListOffsetsResponse;

/** ListOffsets: the special offsets from memory, those by time from the segments, in either tier. */
final class ListOffsetsHandler implements RequestHandler {
    private static final short FIRST_VERSION_WITH_EPOCH = 4;

    private final PartitionLookup lookup;

    ListOffsetsHandler(PartitionLookup lookup) {
        this.lookup = lookup;
    }

    @Override
    public CompletableFuture<Reply> handle(Request request) {
        ListOffsetsRequest body = request.body(ListOffsetsRequest.class);
        return request.onVirtualThread(() -> {
            ListOffsetsResponseData answer = new ListOffsetsResponseData();
            for (ListOffsetsTopic topic : body.topics()) {
                ListOffsetsTopicResponse topicAnswer = new ListOffsetsTopicResponse().setName(topic.name());
                for (ListOffsetsPartition partition : topic.partitions()) {
                    topicAnswer.partitions().add(answer(request.version(), topic.name(), partition));
                }
                answer.topics().add(topicAnswer);
            }
            return new Reply.Send(new ListOffsetsResponse(answer));
        });
    }

    private ListOffsetsPartitionResponse answer(short version, String topic, ListOffsetsPartition wanted) {
        ListOffsetsPartitionResponse answer =
                new ListOffsetsPartitionResponse().setPartitionIndex(wanted.partitionIndex());
        try {
            Partition partition = lookup.byName(topic, wanted.partitionIndex());
            PartitionLookup.requireEpoch(partition, wanted.currentLeaderEpoch());
            OffsetAndTime found = find(partition, wanted.timestamp());
            answer.setOffset(found.offset()).setTimestamp(found.timestamp());
            return version >= FIRST_VERSION_WITH_EPOCH ? answer.setLeaderEpoch(found.leaderEpoch()) : answer;
        } catch (RuntimeException e) {
            return answer.setErrorCode(RecordErrors.of(e).code())
                    .setOffset(ListOffsetsResponse.UNKNOWN_OFFSET)
                    .setTimestamp(ListOffsetsResponse.UNKNOWN_TIMESTAMP);
        }
    }

    private static OffsetAndTime find(Partition partition, long timestamp) {
        PartitionReader reader = partition.reader();
        if (timestamp == ListOffsetsRequest.LATEST_TIMESTAMP) {
            return new OffsetAndTime(partition.highWatermark(), -1, partition.leaderEpoch());
        }
        if (timestamp == ListOffsetsRequest.EARLIEST_TIMESTAMP) {
            return at(reader, partition.logStartOffset());
        }
        if (timestamp == ListOffsetsRequest.MAX_TIMESTAMP) {
            return reader.offsetOfMaxTimestamp();
        }
        if (timestamp == ListOffsetsRequest.EARLIEST_LOCAL_TIMESTAMP) {
            return at(reader, reader.earliestLocalOffset());
        }
        if (timestamp == ListOffsetsRequest.LATEST_TIERED_TIMESTAMP) {
            return at(reader, reader.latestTieredOffset());
        }
        if (timestamp == ListOffsetsRequest.EARLIEST_PENDING_UPLOAD_TIMESTAMP) {
            long tiered = reader.latestTieredOffset();
            return at(reader, tiered < 0 ? partition.logStartOffset() : tiered + 1);
        }
        return reader.offsetForTimestamp(timestamp);
    }

    private static OffsetAndTime at(PartitionReader reader, long offset) {
        return new OffsetAndTime(offset, -1, offset < 0 ? -1 : reader.epochOf(offset));
    }
}
