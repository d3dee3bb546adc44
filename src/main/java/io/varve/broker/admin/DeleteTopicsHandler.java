package io.varve.broker.admin;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import io.varve.cluster.Topic;
import io.varve.cluster.TopicRegistry;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.TopicDeletionDisabledException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.DeleteTopicsResponseData.DeletableTopicResult;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.DeleteTopicsRequest;
import org.apache.kafka.common.requests.DeleteTopicsResponse;

/** DeleteTopics, by name or by id. The objects stay until the sweeper finds that nothing names them (rule 8). */
final class DeleteTopicsHandler implements RequestHandler {
    private final TopicRegistry topics;
    private final boolean enabled;

    DeleteTopicsHandler(TopicRegistry topics, boolean enabled) {
        this.topics = topics;
        this.enabled = enabled;
    }

    @Override
    public CompletableFuture<Reply> handle(Request request) {
        DeleteTopicsRequest body = request.body(DeleteTopicsRequest.class);
        if (!enabled) {
            return CompletableFuture.failedFuture(
                    new TopicDeletionDisabledException("delete.topic.enable is false on this broker"));
        }
        return request.onVirtualThread(() -> {
            DeleteTopicsResponseData answer = new DeleteTopicsResponseData();
            for (DeleteTopicState wanted : body.topics()) {
                answer.responses().add(delete(wanted));
            }
            return new Reply.Send(new DeleteTopicsResponse(answer));
        });
    }

    private DeletableTopicResult delete(DeleteTopicState wanted) {
        DeletableTopicResult result =
                new DeletableTopicResult().setName(wanted.name()).setTopicId(wanted.topicId());
        try {
            Topic topic = find(wanted);
            result.setName(topic.name()).setTopicId(topic.id());
            topics.delete(topic);
            return result;
        } catch (RuntimeException e) {
            ApiError error = AdminErrors.of(e);
            return result.setErrorCode(error.error().code()).setErrorMessage(error.message());
        }
    }

    private Topic find(DeleteTopicState wanted) {
        if (wanted.name() == null) {
            Uuid id = wanted.topicId();
            return topics.byId(id).orElseThrow(() -> new UnknownTopicIdException("there is no topic with id " + id));
        }
        return topics.byName(wanted.name())
                .orElseThrow(() -> new UnknownTopicOrPartitionException("there is no topic " + wanted.name()));
    }
}
