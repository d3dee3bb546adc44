package io.varve.broker.forward;

import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsPartition;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsTopic;
import org.apache.kafka.common.message.DeleteRecordsResponseData;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsPartitionResult;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsPartitionResultCollection;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsTopicResult;
import org.apache.kafka.common.message.DescribeProducersRequestData;
import org.apache.kafka.common.message.DescribeProducersRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeProducersResponseData;
import org.apache.kafka.common.message.DescribeProducersResponseData.PartitionResponse;
import org.apache.kafka.common.message.DescribeProducersResponseData.TopicResponse;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsTopicResponse;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopic;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopicCollection;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.EpochEndOffset;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.OffsetForLeaderTopicResult;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceDataCollection;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.LeaderIdAndEpoch;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.message.ProduceResponseData.TopicProduceResponse;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.DeleteRecordsResponse;
import org.apache.kafka.common.requests.DescribeProducersResponse;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.common.requests.ListOffsetsResponse;
import org.apache.kafka.common.requests.OffsetsForLeaderEpochResponse;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse;

/** The splits of all APIs about partitions, but Fetch. */
final class RecordSplits {
    /** What is safe to ask again, whatever has become of it. */
    private static final Errors ASK_AGAIN = Errors.NOT_LEADER_OR_FOLLOWER;

    private RecordSplits() {}

    private static <D> D data(AbstractRequest request, Class<D> type) {
        return type.cast(request.data());
    }

    private static <D> D data(AbstractResponse response, Class<D> type) {
        return type.cast(response.data());
    }

    /** When it is not known whether batches were appended, an idempotent producer sends them again under the same sequence numbers. */
    static Split produce(Whereabouts where) {
        return new TopicSplit<TopicProduceData, PartitionProduceData, TopicProduceResponse, PartitionProduceResponse>(
                new Shape<>(
                        topic -> Shape.key(topic.topicId(), topic.name()),
                        TopicProduceData::partitionData,
                        PartitionProduceData::index,
                        (topic, partitions) -> new TopicProduceData()
                                .setName(topic.name())
                                .setTopicId(topic.topicId())
                                .setPartitionData(partitions)),
                request -> data(request, ProduceRequestData.class).topicData(),
                (topic, index) -> topic.topicId().equals(Uuid.ZERO_UUID)
                        ? where.owner(topic.name(), index)
                        : where.owner(topic.topicId(), index),
                RecordSplits::produce,
                new Shape<>(
                        topic -> Shape.key(topic.topicId(), topic.name()),
                        TopicProduceResponse::partitionResponses,
                        PartitionProduceResponse::index,
                        (topic, partitions) -> new TopicProduceResponse()
                                .setName(topic.name())
                                .setTopicId(topic.topicId())
                                .setPartitionResponses(partitions)),
                response -> data(response, ProduceResponseData.class).responses(),
                topics -> {
                    ProduceResponseData data = new ProduceResponseData();
                    for (TopicProduceResponse topic : topics) {
                        // Clients of this listener know of one node only.
                        topic.partitionResponses().forEach(each -> each.setCurrentLeader(new LeaderIdAndEpoch()));
                        data.responses().add(topic);
                    }
                    return new ProduceResponse(data);
                },
                Errors.REQUEST_TIMED_OUT);
    }

    private static AbstractRequest produce(AbstractRequest request, List<TopicProduceData> topics) {
        ProduceRequestData whole = data(request, ProduceRequestData.class);
        TopicProduceDataCollection some = new TopicProduceDataCollection();
        topics.forEach(some::add);
        return new ProduceRequest(
                new ProduceRequestData()
                        .setTransactionalId(whole.transactionalId())
                        .setAcks(whole.acks())
                        .setTimeoutMs(whole.timeoutMs())
                        .setTopicData(some),
                request.version());
    }

    static Split listOffsets(Whereabouts where) {
        return new TopicSplit<
                ListOffsetsTopic, ListOffsetsPartition, ListOffsetsTopicResponse, ListOffsetsPartitionResponse>(
                new Shape<>(
                        ListOffsetsTopic::name,
                        ListOffsetsTopic::partitions,
                        ListOffsetsPartition::partitionIndex,
                        (topic, partitions) ->
                                new ListOffsetsTopic().setName(topic.name()).setPartitions(partitions)),
                request -> ((ListOffsetsRequest) request).topics(),
                (topic, index) -> where.owner(topic.name(), index),
                (request, topics) -> Bodies.like(
                        request,
                        ((ListOffsetsRequest) request).data().duplicate().setTopics(topics)),
                new Shape<>(
                        ListOffsetsTopicResponse::name,
                        ListOffsetsTopicResponse::partitions,
                        ListOffsetsPartitionResponse::partitionIndex,
                        (topic, partitions) -> new ListOffsetsTopicResponse()
                                .setName(topic.name())
                                .setPartitions(partitions)),
                response -> data(response, ListOffsetsResponseData.class).topics(),
                topics -> new ListOffsetsResponse(new ListOffsetsResponseData().setTopics(topics)),
                ASK_AGAIN);
    }

    static Split deleteRecords(Whereabouts where) {
        return new TopicSplit<
                DeleteRecordsTopic, DeleteRecordsPartition, DeleteRecordsTopicResult, DeleteRecordsPartitionResult>(
                new Shape<>(
                        DeleteRecordsTopic::name,
                        DeleteRecordsTopic::partitions,
                        DeleteRecordsPartition::partitionIndex,
                        (topic, partitions) ->
                                new DeleteRecordsTopic().setName(topic.name()).setPartitions(partitions)),
                request -> data(request, DeleteRecordsRequestData.class).topics(),
                (topic, index) -> where.owner(topic.name(), index),
                (request, topics) -> Bodies.like(
                        request,
                        data(request, DeleteRecordsRequestData.class)
                                .duplicate()
                                .setTopics(topics)),
                new Shape<>(
                        DeleteRecordsTopicResult::name,
                        DeleteRecordsTopicResult::partitions,
                        DeleteRecordsPartitionResult::partitionIndex,
                        RecordSplits::deleted),
                response -> data(response, DeleteRecordsResponseData.class).topics(),
                topics -> {
                    DeleteRecordsResponseData data = new DeleteRecordsResponseData();
                    topics.forEach(data.topics()::add);
                    return new DeleteRecordsResponse(data);
                },
                ASK_AGAIN);
    }

    private static DeleteRecordsTopicResult deleted(
            DeleteRecordsTopicResult topic, List<DeleteRecordsPartitionResult> partitions) {
        DeleteRecordsPartitionResultCollection results = new DeleteRecordsPartitionResultCollection();
        // An element is in one collection only.
        partitions.forEach(each -> results.add(each.duplicate()));
        return new DeleteRecordsTopicResult().setName(topic.name()).setPartitions(results);
    }

    static Split offsetForLeaderEpoch(Whereabouts where) {
        return new TopicSplit<
                OffsetForLeaderTopic, OffsetForLeaderPartition, OffsetForLeaderTopicResult, EpochEndOffset>(
                new Shape<>(
                        OffsetForLeaderTopic::topic,
                        OffsetForLeaderTopic::partitions,
                        OffsetForLeaderPartition::partition,
                        (topic, partitions) -> new OffsetForLeaderTopic()
                                .setTopic(topic.topic())
                                .setPartitions(partitions)),
                request -> data(request, OffsetForLeaderEpochRequestData.class).topics(),
                (topic, index) -> where.owner(topic.topic(), index),
                (request, topics) -> {
                    OffsetForLeaderTopicCollection some = new OffsetForLeaderTopicCollection();
                    topics.forEach(some::add);
                    return Bodies.like(
                            request,
                            data(request, OffsetForLeaderEpochRequestData.class)
                                    .duplicate()
                                    .setTopics(some));
                },
                new Shape<>(
                        OffsetForLeaderTopicResult::topic,
                        OffsetForLeaderTopicResult::partitions,
                        EpochEndOffset::partition,
                        (topic, partitions) -> new OffsetForLeaderTopicResult()
                                .setTopic(topic.topic())
                                .setPartitions(partitions)),
                response ->
                        data(response, OffsetForLeaderEpochResponseData.class).topics(),
                topics -> {
                    OffsetForLeaderEpochResponseData data = new OffsetForLeaderEpochResponseData();
                    topics.forEach(data.topics()::add);
                    return new OffsetsForLeaderEpochResponse(data);
                },
                ASK_AGAIN);
    }

    static Split describeProducers(Whereabouts where) {
        return new TopicSplit<TopicRequest, Integer, TopicResponse, PartitionResponse>(
                new Shape<>(
                        TopicRequest::name,
                        TopicRequest::partitionIndexes,
                        index -> index,
                        (topic, partitions) ->
                                new TopicRequest().setName(topic.name()).setPartitionIndexes(partitions)),
                request -> data(request, DescribeProducersRequestData.class).topics(),
                (topic, index) -> where.owner(topic.name(), index),
                (request, topics) -> Bodies.like(
                        request,
                        data(request, DescribeProducersRequestData.class)
                                .duplicate()
                                .setTopics(topics)),
                new Shape<>(
                        TopicResponse::name,
                        TopicResponse::partitions,
                        PartitionResponse::partitionIndex,
                        (topic, partitions) ->
                                new TopicResponse().setName(topic.name()).setPartitions(partitions)),
                response -> data(response, DescribeProducersResponseData.class).topics(),
                topics -> new DescribeProducersResponse(new DescribeProducersResponseData().setTopics(topics)),
                ASK_AGAIN);
    }
}
