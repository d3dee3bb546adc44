package io.varve.broker.admin;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import io.varve.cluster.Topic;
import io.varve.cluster.TopicRegistry;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.Cursor;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponseTopic;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeTopicPartitionsRequest;
import org.apache.kafka.common.requests.DescribeTopicPartitionsResponse;
import org.jspecify.annotations.Nullable;

/** DescribeTopicPartitions (KIP-966): topics in the order of their names, in pages. */
final class DescribeTopicPartitionsHandler implements RequestHandler {
    private final TopicRegistry topics;
    private final TopicDescriber describer;
    private final int maxPartitions;

    /** @param maxPartitions that one answer describes, whatever the client asks for ({@code max.request.partition.size.limit}) */
    DescribeTopicPartitionsHandler(TopicRegistry topics, TopicDescriber describer, int maxPartitions) {
        this.topics = topics;
        this.describer = describer;
        this.maxPartitions = maxPartitions;
    }

    @Override
    public CompletableFuture<Reply> handle(Request request) {
        DescribeTopicPartitionsRequestData wanted =
                request.body(DescribeTopicPartitionsRequest.class).data();
        boolean all = wanted.topics() == null || wanted.topics().isEmpty();
        SortedSet<String> names = names(wanted, all);
        String problem = problemOf(wanted.cursor(), names, all);
        if (problem != null) {
            return CompletableFuture.failedFuture(new InvalidRequestException(problem));
        }
        DescribeTopicPartitionsResponseData answer = page(wanted, names, all);
        return CompletableFuture.completedFuture(new Reply.Send(new DescribeTopicPartitionsResponse(answer)));
    }

    private static @Nullable String problemOf(
            DescribeTopicPartitionsRequestData.@Nullable Cursor cursor, SortedSet<String> names, boolean all) {
        if (cursor == null) {
            return null;
        }
        if (!all && !names.contains(cursor.topicName())) {
            return "DescribeTopicPartitionsRequest topic list should contain the cursor topic: " + cursor.topicName();
        }
        return cursor.partitionIndex() < 0
                ? "DescribeTopicPartitionsRequest cursor partition must be valid: " + cursor
                : null;
    }

    private SortedSet<String> names(DescribeTopicPartitionsRequestData wanted, boolean all) {
        SortedSet<String> names = new TreeSet<>();
        if (all) {
            topics.all().forEach(topic -> names.add(topic.name()));
        } else {
            for (TopicRequest topic : wanted.topics()) {
                names.add(topic.name());
            }
        }
        return names;
    }

    private DescribeTopicPartitionsResponseData page(
            DescribeTopicPartitionsRequestData wanted, SortedSet<String> names, boolean all) {
        DescribeTopicPartitionsRequestData.Cursor cursor = wanted.cursor();
        String firstTopic = cursor == null ? "" : cursor.topicName();
        int left = Math.max(1, Math.min(maxPartitions, wanted.responsePartitionLimit()));
        DescribeTopicPartitionsResponseData answer = new DescribeTopicPartitionsResponseData();
        for (String name : names.tailSet(firstTopic)) {
            if (left == 0) {
                return answer.setNextCursor(new Cursor().setTopicName(name).setPartitionIndex(0));
            }
            Optional<Topic> topic = topics.byName(name);
            if (topic.isEmpty()) {
                if (!all) {
                    answer.topics().add(unknown(name));
                }
                continue;
            }
            int from = cursor != null && name.equals(firstTopic) ? cursor.partitionIndex() : 0;
            int end = (int) Math.min(topic.get().partitions(), (long) from + left);
            answer.topics().add(describe(topic.get(), from, end));
            if (end < topic.get().partitions()) {
                return answer.setNextCursor(new Cursor().setTopicName(name).setPartitionIndex(end));
            }
            left -= Math.max(0, end - from);
        }
        return answer;
    }

    private static DescribeTopicPartitionsResponseTopic unknown(String name) {
        Errors error = Errors.UNKNOWN_TOPIC_OR_PARTITION;
        try {
            org.apache.kafka.common.internals.Topic.validate(name);
        } catch (InvalidTopicException e) {
            error = Errors.INVALID_TOPIC_EXCEPTION;
        }
        return new DescribeTopicPartitionsResponseTopic()
                .setErrorCode(error.code())
                .setName(name)
                .setIsInternal(TopicDescriber.isInternal(name))
                .setTopicAuthorizedOperations(AuthorizedOperations.TOPIC);
    }

    private DescribeTopicPartitionsResponseTopic describe(Topic topic, int from, int end) {
        DescribeTopicPartitionsResponseTopic answer = new DescribeTopicPartitionsResponseTopic()
                .setName(topic.name())
                .setTopicId(topic.id())
                .setIsInternal(TopicDescriber.isInternal(topic.name()))
                .setTopicAuthorizedOperations(AuthorizedOperations.TOPIC);
        for (int index = from; index < end; index++) {
            answer.partitions().add(describer.partition(topic, index));
        }
        return answer;
    }
}
