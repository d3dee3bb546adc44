package io.varve.broker.admin;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import io.varve.cluster.Topic;
import io.varve.cluster.TopicRegistry;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsAssignment;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.CreatePartitionsResponseData;
import org.apache.kafka.common.message.CreatePartitionsResponseData.CreatePartitionsTopicResult;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.CreatePartitionsRequest;
import org.apache.kafka.common.requests.CreatePartitionsResponse;

/** CreatePartitions: topics only grow. */
final class CreatePartitionsHandler implements RequestHandler {
    private final TopicRegistry topics;
    private final TopicAdmin admin;

    CreatePartitionsHandler(TopicRegistry topics, TopicAdmin admin) {
        this.topics = topics;
        this.admin = admin;
    }

    @Override
    public CompletableFuture<Reply> handle(Request request) {
        CreatePartitionsRequest body = request.body(CreatePartitionsRequest.class);
        return request.onVirtualThread(() -> {
            CreatePartitionsResponseData answer = new CreatePartitionsResponseData();
            for (CreatePartitionsTopic topic : body.data().topics()) {
                answer.results().add(grow(topic, body.data().validateOnly()));
            }
            return new Reply.Send(new CreatePartitionsResponse(answer));
        });
    }

    private CreatePartitionsTopicResult grow(CreatePartitionsTopic wanted, boolean validateOnly) {
        CreatePartitionsTopicResult result = new CreatePartitionsTopicResult().setName(wanted.name());
        try {
            Topic topic = topics.byName(wanted.name())
                    .orElseThrow(() -> new UnknownTopicOrPartitionException("there is no topic " + wanted.name()));
            List<List<Integer>> assignments = wanted.assignments() == null
                    ? null
                    : wanted.assignments().stream()
                            .map(CreatePartitionsAssignment::brokerIds)
                            .toList();
            admin.addPartitions(topic, wanted.count(), assignments, validateOnly);
            return result;
        } catch (RuntimeException e) {
            ApiError error = AdminErrors.of(e);
            return result.setErrorCode(error.error().code()).setErrorMessage(error.message());
        }
    }
}
