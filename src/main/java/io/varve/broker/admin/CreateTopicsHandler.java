package io.varve.broker.admin;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import io.varve.cluster.Topic;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableReplicaAssignment;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicConfigs;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.CreateTopicsRequest;
import org.apache.kafka.common.requests.CreateTopicsResponse;

/** CreateTopics: each topic on its own; answered when this broker's memory shows it. */
final class CreateTopicsHandler implements RequestHandler {
    private final TopicAdmin admin;
    private final ConfigDescriber configs;

    CreateTopicsHandler(TopicAdmin admin, ConfigDescriber configs) {
        this.admin = admin;
        this.configs = configs;
    }

    @Override
    public CompletableFuture<Reply> handle(Request request) {
        CreateTopicsRequest body = request.body(CreateTopicsRequest.class);
        return request.onVirtualThread(() -> {
            CreateTopicsResponseData answer = new CreateTopicsResponseData();
            Set<String> seen = new HashSet<>();
            Set<String> twice = new HashSet<>();
            for (CreatableTopic topic : body.data().topics()) {
                if (!seen.add(topic.name())) {
                    twice.add(topic.name());
                }
            }
            for (CreatableTopic topic : body.data().topics()) {
                if (twice.contains(topic.name())) {
                    if (answer.topics().find(topic.name()) == null) {
                        answer.topics()
                                .add(failure(
                                        topic.name(), new ApiError(Errors.INVALID_REQUEST, "Duplicate topic name.")));
                    }
                } else {
                    answer.topics().add(create(topic, body.data().validateOnly()));
                }
            }
            return new Reply.Send(new CreateTopicsResponse(answer));
        });
    }

    private CreatableTopicResult create(CreatableTopic wanted, boolean validateOnly) {
        try {
            Topic topic = admin.create(
                    new TopicAdmin.NewTopic(
                            wanted.name(),
                            wanted.numPartitions(),
                            wanted.replicationFactor(),
                            assignments(wanted),
                            configs(wanted)),
                    validateOnly);
            CreatableTopicResult result = new CreatableTopicResult()
                    .setName(topic.name())
                    .setTopicId(topic.id())
                    .setNumPartitions(topic.partitions())
                    .setReplicationFactor(topic.replicationFactor());
            configs.topic(topic, null, false, false)
                    .forEach(config -> result.configs()
                            .add(new CreatableTopicConfigs()
                                    .setName(config.name())
                                    .setValue(config.value())
                                    .setReadOnly(config.readOnly())
                                    .setConfigSource(config.configSource())
                                    .setIsSensitive(config.isSensitive())));
            return result;
        } catch (RuntimeException e) {
            return failure(wanted.name(), AdminErrors.of(e));
        }
    }

    private static CreatableTopicResult failure(String name, ApiError error) {
        return new CreatableTopicResult()
                .setName(name)
                .setErrorCode(error.error().code())
                .setErrorMessage(error.message());
    }

    private static Map<Integer, List<Integer>> assignments(CreatableTopic wanted) {
        Map<Integer, List<Integer>> assignments = new HashMap<>();
        for (CreatableReplicaAssignment assignment : wanted.assignments()) {
            if (assignments.put(assignment.partitionIndex(), assignment.brokerIds()) != null) {
                throw new InvalidReplicaAssignmentException(
                        "Found multiple manual partition assignments for partition " + assignment.partitionIndex());
            }
        }
        return assignments;
    }

    private static Map<String, String> configs(CreatableTopic wanted) {
        Map<String, String> configs = new HashMap<>();
        for (CreatableTopicConfig config : wanted.configs()) {
            if (config.value() == null) {
                throw new InvalidConfigurationException("Null value not supported for topic configs: " + config.name());
            }
            configs.put(config.name(), config.value());
        }
        return configs;
    }
}
