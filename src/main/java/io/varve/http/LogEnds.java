package io.varve.http;

import io.varve.cluster.Topic;
import io.varve.server.RunningBroker;
import java.util.List;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.common.requests.ListOffsetsResponse;

/** What {@code beginning} and {@code end} are. */
final class LogEnds {
    private LogEnds() {}

    /** @throws RestException when {@code text} is neither one of the words nor an offset */
    static long offset(RunningBroker broker, Topic topic, int partition, String text) {
        return switch (text) {
            case "beginning" -> ask(broker, topic, partition, ListOffsetsRequest.EARLIEST_TIMESTAMP);
            case "end" -> ask(broker, topic, partition, ListOffsetsRequest.LATEST_TIMESTAMP);
            default -> number(text);
        };
    }

    private static long number(String text) {
        if (!text.matches("[0-9]{1,18}")) {
            throw RestException.badRequest("offset is beginning, end, or an offset.");
        }
        return Long.parseLong(text);
    }

    private static long ask(RunningBroker broker, Topic topic, int partition, long which) {
        var asked = new ListOffsetsTopic()
                .setName(topic.name())
                .setPartitions(List.of(
                        new ListOffsetsPartition().setPartitionIndex(partition).setTimestamp(which)));
        var request = ListOffsetsRequest.Builder.forConsumer(false, IsolationLevel.READ_UNCOMMITTED)
                .setTargetTimes(List.of(asked))
                .build(ApiKeys.LIST_OFFSETS.latestVersion());
        ListOffsetsPartitionResponse answer = Broker.ask(broker, request, ListOffsetsResponse.class)
                .topics()
                .getFirst()
                .partitions()
                .getFirst();
        Errors error = Errors.forCode(answer.errorCode());
        if (error != Errors.NONE) {
            throw RestErrors.of(error.exception());
        }
        return answer.offset();
    }
}
