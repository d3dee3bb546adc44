package io.varve.broker.admin;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import io.varve.cluster.Topic;
import io.varve.cluster.TopicRegistry;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.TopicDeletionDisabledException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.DeleteTopicsResponseData.DeletableTopicResult;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.DeleteTopicsRequest;
import org.apache.kafka.common.requests.DeleteTopicsResponse;
import org.apache.kafka.common.utils.Time;
import org.jspecify.annotations.Nullable;

/** DeleteTopics, by name or by id. The objects stay until the sweeper finds that nothing names them (rule 8). */
final class DeleteTopicsHandler implements RequestHandler {
    private static final short FIRST_VERSION_WITH_DELETION_DISABLED = 3;

    private final TopicRegistry topics;
    private final boolean enabled;
    private final Time time;

    DeleteTopicsHandler(TopicRegistry topics, boolean enabled, Time time) {
        this.topics = topics;
        this.enabled = enabled;
        this.time = time;
    }

    @Override
    public CompletableFuture<Reply> handle(Request request) {
        DeleteTopicsRequest body = request.body(DeleteTopicsRequest.class);
        if (!enabled) {
            return CompletableFuture.failedFuture(
                    request.version() < FIRST_VERSION_WITH_DELETION_DISABLED
                            ? new InvalidRequestException("Topic deletion is disabled.")
                            : new TopicDeletionDisabledException());
        }
        AdminDeadline deadline = new AdminDeadline(time, body.data().timeoutMs());
        return request.onVirtualThread(() -> {
            Map<Key, Integer> wanted = new LinkedHashMap<>();
            body.topics().forEach(state -> wanted.merge(new Key(state.name(), state.topicId()), 1, Integer::sum));
            Map<Uuid, Integer> mentions = new HashMap<>();
            wanted.keySet().forEach(key -> find(key).ifPresent(topic -> mentions.merge(topic.id(), 1, Integer::sum)));
            DeleteTopicsResponseData answer = new DeleteTopicsResponseData();
            wanted.forEach((key, count) -> answer.responses().add(delete(key, count, mentions, deadline)));
            return new Reply.Send(new DeleteTopicsResponse(answer));
        });
    }

    /** What a client may say to name a topic: a name or an id, and nothing keeps it from giving both or neither. */
    private record Key(@Nullable String name, Uuid id) {
        boolean isById() {
            return name == null;
        }
    }

    private Optional<Topic> find(Key key) {
        return key.name() == null ? topics.byId(key.id()) : topics.byName(key.name());
    }

    private DeletableTopicResult delete(Key key, int count, Map<Uuid, Integer> mentions, AdminDeadline deadline) {
        DeletableTopicResult result =
                new DeletableTopicResult().setName(key.name()).setTopicId(key.id());
        try {
            checkForm(key, count);
            Topic topic = find(key).orElseThrow(() -> unknown(key));
            result.setName(topic.name()).setTopicId(topic.id());
            if (mentions.getOrDefault(topic.id(), 1) > 1) {
                throw new InvalidRequestException("The provided topic name maps to an ID that was already supplied.");
            }
            deadline.check();
            topics.delete(topic);
            return result;
        } catch (RuntimeException e) {
            ApiError error = AdminErrors.of(e);
            return result.setErrorCode(error.error().code()).setErrorMessage(error.message());
        }
    }

    private static void checkForm(Key key, int count) {
        boolean hasId = !key.id().equals(Uuid.ZERO_UUID);
        if (key.isById() && !hasId) {
            throw new InvalidRequestException("Neither topic name nor id were specified.");
        }
        if (!key.isById() && hasId) {
            throw new InvalidRequestException("You may not specify both topic name and topic id.");
        }
        if (count > 1) {
            throw new InvalidRequestException(key.isById() ? "Duplicate topic id." : "Duplicate topic name.");
        }
    }

    private static RuntimeException unknown(Key key) {
        return key.isById()
                ? new UnknownTopicIdException("there is no topic with id " + key.id())
                : new UnknownTopicOrPartitionException("there is no topic " + key.name());
    }
}
