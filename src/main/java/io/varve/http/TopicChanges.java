package io.varve.http;

import io.varve.cluster.Topic;
import io.varve.http.Shapes.NewConfig;
import io.varve.http.Shapes.NewTopic;
import io.varve.server.RunningBroker;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsResponseData.DeletableTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.CreateTopicsRequest;
import org.apache.kafka.common.requests.CreateTopicsResponse;
import org.apache.kafka.common.requests.DeleteTopicsRequest;
import org.apache.kafka.common.requests.DeleteTopicsResponse;
import org.jspecify.annotations.Nullable;

/** Creates and deletes topics by the handlers of the Kafka port. */
final class TopicChanges {
    private static final int TIMEOUT_MILLIS = 30_000;

    private TopicChanges() {}

    /** @return what was created, or would be with {@code validateOnly} */
    static Topic create(RunningBroker broker, NewTopic wanted) {
        Integer partitions = wanted.partitionsCount();
        Short replicationFactor = wanted.replicationFactor();
        var topic = new CreatableTopic()
                .setName(wanted.topicName())
                .setNumPartitions(partitions == null ? CreateTopicsRequest.NO_NUM_PARTITIONS : partitions)
                .setReplicationFactor(
                        replicationFactor == null ? CreateTopicsRequest.NO_REPLICATION_FACTOR : replicationFactor);
        List<NewConfig> configs = wanted.configs() == null ? List.of() : wanted.configs();
        for (NewConfig config : configs) {
            topic.configs()
                    .add(new CreatableTopicConfig().setName(config.name()).setValue(config.value()));
        }
        var data = new CreateTopicsRequestData()
                .setTimeoutMs(TIMEOUT_MILLIS)
                .setValidateOnly(Boolean.TRUE.equals(wanted.validateOnly()));
        data.topics().add(topic);
        var request = new CreateTopicsRequest.Builder(data).build(ApiKeys.CREATE_TOPICS.latestVersion());
        CreatableTopicResult result = Broker.ask(broker, request, CreateTopicsResponse.class)
                .data()
                .topics()
                .find(wanted.topicName());
        check(result.errorCode(), result.errorMessage());
        Uuid id = result.topicId();
        return new Topic(result.name(), id, result.numPartitions(), result.replicationFactor(), Map.of());
    }

    static void delete(RunningBroker broker, String name) {
        var data = new DeleteTopicsRequestData()
                .setTimeoutMs(TIMEOUT_MILLIS)
                .setTopics(List.of(new DeleteTopicsRequestData.DeleteTopicState().setName(name)));
        var request = new DeleteTopicsRequest.Builder(data).build(ApiKeys.DELETE_TOPICS.latestVersion());
        DeletableTopicResult result = Broker.ask(broker, request, DeleteTopicsResponse.class)
                .data()
                .responses()
                .find(name);
        check(result.errorCode(), result.errorMessage());
    }

    private static void check(short errorCode, @Nullable String message) {
        Errors error = Errors.forCode(errorCode);
        if (error != Errors.NONE) {
            throw RestErrors.of(message == null ? error.exception() : error.exception(message));
        }
    }
}
