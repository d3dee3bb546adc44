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
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetCommitResponseData.OffsetCommitResponsePartition;
import org.apache.kafka.common.message.OffsetCommitResponseData.OffsetCommitResponseTopic;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.OffsetCommitRequest;
import org.apache.kafka.common.requests.OffsetCommitResponse;
import org.apache.kafka.common.utils.BufferSupplier;

/** OffsetCommit: refuses partitions that do not exist, hands the rest to the coordinator. */
final class OffsetCommitHandler {
    private static final short FIRST_VERSION_WITH_TOPIC_IDS = 10;

    private final GroupService groups;
    private final TopicRegistry topics;

    OffsetCommitHandler(GroupService groups, TopicRegistry topics) {
        this.groups = groups;
        this.topics = topics;
    }

    CompletableFuture<AbstractResponse> handle(Request request) {
        OffsetCommitRequestData wanted = request.body(OffsetCommitRequest.class).data();
        boolean byId = request.version() >= FIRST_VERSION_WITH_TOPIC_IDS;
        List<OffsetCommitResponseTopic> refused = new ArrayList<>();
        List<OffsetCommitRequestTopic> accepted = new ArrayList<>();
        for (OffsetCommitRequestTopic topic : wanted.topics()) {
            Optional<Topic> known = byId ? topics.byId(topic.topicId()) : topics.byName(topic.name());
            if (known.isEmpty()) {
                Errors error = byId ? Errors.UNKNOWN_TOPIC_ID : Errors.UNKNOWN_TOPIC_OR_PARTITION;
                refused.add(refuse(topic, topic.partitions(), error));
            } else {
                split(topic.setName(known.get().name()).setTopicId(known.get().id()), known.get(), accepted, refused);
            }
        }
        OffsetCommitRequestData rest = wanted.duplicate().setTopics(accepted);
        return groups.coordinator()
                .commitOffsets(Contexts.of(request), rest, BufferSupplier.NO_CACHING)
                .thenApply(answer -> new OffsetCommitResponse(merge(answer, refused)));
    }

    private static void split(
            OffsetCommitRequestTopic topic,
            Topic known,
            List<OffsetCommitRequestTopic> accepted,
            List<OffsetCommitResponseTopic> refused) {
        List<OffsetCommitRequestPartition> good = new ArrayList<>();
        List<OffsetCommitRequestPartition> bad = new ArrayList<>();
        for (OffsetCommitRequestPartition partition : topic.partitions()) {
            boolean exists = partition.partitionIndex() >= 0 && partition.partitionIndex() < known.partitions();
            (exists ? good : bad).add(partition);
        }
        if (!bad.isEmpty()) {
            refused.add(refuse(topic, bad, Errors.UNKNOWN_TOPIC_OR_PARTITION));
        }
        if (!good.isEmpty()) {
            accepted.add(topic.duplicate().setPartitions(good));
        }
    }

    private static OffsetCommitResponseTopic refuse(
            OffsetCommitRequestTopic topic, List<OffsetCommitRequestPartition> partitions, Errors error) {
        OffsetCommitResponseTopic answer =
                new OffsetCommitResponseTopic().setName(topic.name()).setTopicId(topic.topicId());
        partitions.forEach(partition -> answer.partitions()
                .add(new OffsetCommitResponsePartition()
                        .setPartitionIndex(partition.partitionIndex())
                        .setErrorCode(error.code())));
        return answer;
    }

    private static OffsetCommitResponseData merge(
            OffsetCommitResponseData answer, List<OffsetCommitResponseTopic> refused) {
        List<OffsetCommitResponseTopic> all = new ArrayList<>(answer.topics());
        for (OffsetCommitResponseTopic topic : refused) {
            Optional<OffsetCommitResponseTopic> same = all.stream()
                    .filter(other ->
                            other.name().equals(topic.name()) && other.topicId().equals(topic.topicId()))
                    .findFirst();
            if (same.isPresent()) {
                same.get().partitions().addAll(topic.partitions());
            } else {
                all.add(topic);
            }
        }
        return answer.setTopics(all);
    }
}
