package io.varve.broker.admin;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import io.varve.cluster.Topic;
import io.varve.cluster.TopicRegistry;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsAssignment;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.CreatePartitionsResponseData;
import org.apache.kafka.common.message.CreatePartitionsResponseData.CreatePartitionsTopicResult;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.CreatePartitionsRequest;
import org.apache.kafka.common.requests.CreatePartitionsResponse;
import org.apache.kafka.common.utils.Time;
import org.jspecify.annotations.Nullable;

/** CreatePartitions: topics only grow. */
final class CreatePartitionsHandler implements RequestHandler {
    private final TopicRegistry topics;
    private final TopicAdmin admin;
    private final Time time;

    CreatePartitionsHandler(TopicRegistry topics, TopicAdmin admin, Time time) {
        this.topics = topics;
        this.admin = admin;
        this.time = time;
    }

    @Override
    public CompletableFuture<Reply> handle(Request request) {
        CreatePartitionsRequestData wanted =
                request.body(CreatePartitionsRequest.class).data();
        AdminDeadline deadline = new AdminDeadline(time, wanted.timeoutMs());
        return request.onVirtualThread(() -> {
            Set<String> once = new HashSet<>();
            Set<String> twice = new HashSet<>();
            for (CreatePartitionsTopic topic : wanted.topics()) {
                if (!once.add(topic.name())) {
                    twice.add(topic.name());
                }
            }
            CreatePartitionsResponseData answer = new CreatePartitionsResponseData();
            for (CreatePartitionsTopic topic : wanted.topics()) {
                if (!twice.contains(topic.name())) {
                    answer.results().add(grow(topic, wanted.validateOnly(), deadline));
                }
            }
            twice.forEach(
                    name -> answer.results().add(failure(name, new InvalidRequestException("Duplicate topic name."))));
            return new Reply.Send(new CreatePartitionsResponse(answer));
        });
    }

    private CreatePartitionsTopicResult grow(
            CreatePartitionsTopic wanted, boolean validateOnly, AdminDeadline deadline) {
        try {
            deadline.check();
            Topic topic = topics.byName(wanted.name())
                    .orElseThrow(() -> new UnknownTopicOrPartitionException("there is no topic " + wanted.name()));
            admin.addPartitions(topic, wanted.count(), assignments(wanted), validateOnly);
            return new CreatePartitionsTopicResult().setName(wanted.name());
        } catch (RuntimeException e) {
            return failure(wanted.name(), e);
        }
    }

    private static @Nullable List<List<Integer>> assignments(CreatePartitionsTopic wanted) {
        return wanted.assignments() == null
                ? null
                : wanted.assignments().stream()
                        .map(CreatePartitionsAssignment::brokerIds)
                        .toList();
    }

    private static CreatePartitionsTopicResult failure(String name, RuntimeException cause) {
        ApiError error = AdminErrors.of(cause);
        return new CreatePartitionsTopicResult()
                .setName(name)
                .setErrorCode(error.error().code())
                .setErrorMessage(error.message());
    }
}
