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
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.Cursor;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponseTopic;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeTopicPartitionsRequest;
import org.apache.kafka.common.requests.DescribeTopicPartitionsResponse;

/** DescribeTopicPartitions (KIP-966): topics in the order of their names, in pages. */
final class DescribeTopicPartitionsHandler implements RequestHandler {
    private static final int MAX_PARTITIONS_A_PAGE = 2_000;

    private final TopicRegistry topics;
    private final TopicDescriber describer;

    DescribeTopicPartitionsHandler(TopicRegistry topics, TopicDescriber describer) {
        this.topics = topics;
        this.describer = describer;
    }

    @Override
    public CompletableFuture<Reply> handle(Request request) {
        DescribeTopicPartitionsRequestData wanted =
                request.body(DescribeTopicPartitionsRequest.class).data();
        DescribeTopicPartitionsRequestData.Cursor cursor = wanted.cursor();
        if (cursor != null && cursor.partitionIndex() < 0) {
            return CompletableFuture.failedFuture(
                    new InvalidRequestException("DescribeTopicPartitions cursor partition must be valid: " + cursor));
        }
        SortedSet<String> names = names(wanted);
        String firstTopic = cursor == null ? "" : cursor.topicName();
        int firstPartition = cursor == null ? 0 : cursor.partitionIndex();
        int left = Math.clamp(wanted.responsePartitionLimit(), 1, MAX_PARTITIONS_A_PAGE);
        DescribeTopicPartitionsResponseData answer = new DescribeTopicPartitionsResponseData();
        for (String name : names.tailSet(firstTopic)) {
            if (left == 0) {
                answer.setNextCursor(new Cursor().setTopicName(name).setPartitionIndex(0));
                break;
            }
            int from = name.equals(firstTopic) ? firstPartition : 0;
            DescribeTopicPartitionsResponseTopic described = describe(name, from, left);
            answer.topics().add(described);
            left -= described.partitions().size();
            int next = from + described.partitions().size();
            if (topics.byName(name).map(topic -> next < topic.partitions()).orElse(false)) {
                answer.setNextCursor(new Cursor().setTopicName(name).setPartitionIndex(next));
                break;
            }
        }
        return CompletableFuture.completedFuture(new Reply.Send(new DescribeTopicPartitionsResponse(answer)));
    }

    private SortedSet<String> names(DescribeTopicPartitionsRequestData wanted) {
        SortedSet<String> names = new TreeSet<>();
        if (wanted.topics() == null || wanted.topics().isEmpty()) {
            topics.all().forEach(topic -> names.add(topic.name()));
        } else {
            for (TopicRequest topic : wanted.topics()) {
                names.add(topic.name());
            }
        }
        return names;
    }

    private DescribeTopicPartitionsResponseTopic describe(String name, int from, int limit) {
        Optional<Topic> known = topics.byName(name);
        DescribeTopicPartitionsResponseTopic answer = new DescribeTopicPartitionsResponseTopic().setName(name);
        if (known.isEmpty()) {
            return answer.setErrorCode(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
        }
        Topic topic = known.get();
        answer.setTopicId(topic.id()).setIsInternal(org.apache.kafka.common.internals.Topic.isInternal(name));
        for (int index = from; index < topic.partitions() && index - from < limit; index++) {
            answer.partitions().add(describer.partition(topic, index));
        }
        return answer;
    }
}
