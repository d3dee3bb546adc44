package io.varve.broker.group;

import io.varve.broker.Request;
import io.varve.cluster.Topic;
import io.varve.cluster.TopicRegistry;
import io.varve.group.GroupService;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.OffsetCommitRequest;
import org.apache.kafka.common.requests.OffsetCommitResponse;
import org.apache.kafka.common.utils.BufferSupplier;

/** OffsetCommit: refuses partitions that do not exist, hands the rest to the coordinator. Topics by name, from version 10 on by id. */
final class OffsetCommitHandler {
    private final GroupService groups;
    private final TopicRegistry topics;

    OffsetCommitHandler(GroupService groups, TopicRegistry topics) {
        this.groups = groups;
        this.topics = topics;
    }

    CompletableFuture<AbstractResponse> handle(Request request) {
        OffsetCommitRequestData wanted = request.body(OffsetCommitRequest.class).data();
        boolean byId = OffsetCommitResponse.useTopicIds(request.version());
        OffsetCommitResponse.Builder answer = OffsetCommitResponse.newBuilder(byId);
        List<OffsetCommitRequestTopic> accepted = new ArrayList<>();
        for (OffsetCommitRequestTopic topic : wanted.topics()) {
            Optional<Topic> known = byId ? topics.byId(topic.topicId()) : topics.byName(topic.name());
            if (known.isPresent()) {
                accept(topic, known.get(), accepted, answer);
            } else {
                Errors error = byId ? Errors.UNKNOWN_TOPIC_ID : Errors.UNKNOWN_TOPIC_OR_PARTITION;
                refuse(topic, topic.partitions(), error, answer);
            }
        }
        if (accepted.isEmpty()) {
            return CompletableFuture.completedFuture(answer.build());
        }
        return groups.coordinator()
                .commitOffsets(Contexts.of(request), wanted.duplicate().setTopics(accepted), BufferSupplier.NO_CACHING)
                .thenApply(committed -> answer.merge(committed).build());
    }

    private static void accept(
            OffsetCommitRequestTopic topic,
            Topic known,
            List<OffsetCommitRequestTopic> accepted,
            OffsetCommitResponse.Builder answer) {
        List<OffsetCommitRequestPartition> good = new ArrayList<>();
        List<OffsetCommitRequestPartition> bad = new ArrayList<>();
        for (OffsetCommitRequestPartition partition : topic.partitions()) {
            boolean exists = partition.partitionIndex() >= 0 && partition.partitionIndex() < known.partitions();
            (exists ? good : bad).add(partition);
        }
        refuse(topic, bad, Errors.UNKNOWN_TOPIC_OR_PARTITION, answer);
        if (!good.isEmpty()) {
            accepted.add(new OffsetCommitRequestTopic()
                    .setName(known.name())
                    .setTopicId(known.id())
                    .setPartitions(good));
        }
    }

    private static void refuse(
            OffsetCommitRequestTopic topic,
            List<OffsetCommitRequestPartition> partitions,
            Errors error,
            OffsetCommitResponse.Builder answer) {
        if (!partitions.isEmpty()) {
            answer.addPartitions(
                    topic.topicId(), topic.name(), partitions, OffsetCommitRequestPartition::partitionIndex, error);
        }
    }
}
