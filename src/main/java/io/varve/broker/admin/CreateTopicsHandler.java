package io.varve.broker.admin;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import io.varve.cluster.Topic;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableReplicaAssignment;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicConfigs;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.CreateTopicsRequest;
import org.apache.kafka.common.requests.CreateTopicsResponse;
import org.apache.kafka.common.utils.Time;

/** CreateTopics: each topic on its own, in the order asked for; answered when this broker's memory shows them. */
final class CreateTopicsHandler implements RequestHandler {
    private final TopicAdmin admin;
    private final ConfigDescriber configs;
    private final Time time;

    CreateTopicsHandler(TopicAdmin admin, ConfigDescriber configs, Time time) {
        this.admin = admin;
        this.configs = configs;
        this.time = time;
    }

    @Override
    public CompletableFuture<Reply> handle(Request request) {
        CreateTopicsRequestData wanted = request.body(CreateTopicsRequest.class).data();
        AdminDeadline deadline = new AdminDeadline(time, wanted.timeoutMs());
        return request.onVirtualThread(() -> {
            CreateTopicsResponseData answer = new CreateTopicsResponseData();
            Set<String> twice = twice(wanted);
            for (CreatableTopic topic : wanted.topics()) {
                if (!twice.contains(topic.name())) {
                    answer.topics().add(create(topic, wanted.validateOnly(), deadline));
                }
            }
            twice.forEach(name -> answer.topics()
                    .add(failure(name, AdminErrors.of(new InvalidRequestException("Duplicate topic name.")))));
            return new Reply.Send(new CreateTopicsResponse(answer));
        });
    }

    private static Set<String> twice(CreateTopicsRequestData wanted) {
        Set<String> once = new HashSet<>();
        Set<String> twice = new HashSet<>();
        for (CreatableTopic topic : wanted.topics()) {
            if (!once.add(topic.name())) {
                twice.add(topic.name());
            }
        }
        return twice;
    }

    private CreatableTopicResult create(CreatableTopic wanted, boolean validateOnly, AdminDeadline deadline) {
        try {
            deadline.check();
            Topic topic = admin.create(
                    new TopicAdmin.NewTopic(
                            wanted.name(),
                            wanted.numPartitions(),
                            wanted.replicationFactor(),
                            assignments(wanted),
                            configs(wanted)),
                    validateOnly);
            return success(topic);
        } catch (RuntimeException e) {
            return failure(wanted.name(), AdminErrors.of(e));
        }
    }

    private CreatableTopicResult success(Topic topic) {
        CreatableTopicResult result = new CreatableTopicResult()
                .setName(topic.name())
                .setTopicId(topic.id())
                .setNumPartitions(topic.partitions())
                .setReplicationFactor(topic.replicationFactor());
        configs.topic(topic, ConfigDescriber.Wanted.EVERYTHING)
                .forEach(config -> result.configs()
                        .add(new CreatableTopicConfigs()
                                .setName(config.name())
                                .setValue(config.value())
                                .setReadOnly(config.readOnly())
                                .setConfigSource(config.configSource())
                                .setIsSensitive(config.isSensitive())));
        return result;
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
        List<String> nulls = new ArrayList<>();
        for (CreatableTopicConfig config : wanted.configs()) {
            if (config.value() == null) {
                nulls.add(config.name());
            } else {
                configs.put(config.name(), config.value());
            }
        }
        if (!nulls.isEmpty()) {
            throw new InvalidConfigurationException(
                    "Null value not supported for topic configs: " + String.join(",", nulls));
        }
        return configs;
    }
}
