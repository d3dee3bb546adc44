package io.varve.broker.group;

import io.varve.broker.Request;
import io.varve.cluster.Topic;
import io.varve.cluster.TopicRegistry;
import io.varve.group.GroupService;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestPartition;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopic;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopicCollection;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.OffsetDeleteRequest;
import org.apache.kafka.common.requests.OffsetDeleteResponse;
import org.apache.kafka.common.utils.BufferSupplier;

/** OffsetDelete: refuses partitions that do not exist, hands the rest to the coordinator. */
final class OffsetDeleteHandler {
    private final GroupService groups;
    private final TopicRegistry topics;

    OffsetDeleteHandler(GroupService groups, TopicRegistry topics) {
        this.groups = groups;
        this.topics = topics;
    }

    CompletableFuture<AbstractResponse> handle(Request request) {
        OffsetDeleteRequestData wanted = request.body(OffsetDeleteRequest.class).data();
        OffsetDeleteResponse.Builder answer = new OffsetDeleteResponse.Builder();
        OffsetDeleteRequestTopicCollection accepted = new OffsetDeleteRequestTopicCollection();
        for (OffsetDeleteRequestTopic topic : wanted.topics()) {
            OffsetDeleteRequestTopic existing = new OffsetDeleteRequestTopic().setName(topic.name());
            Optional<Topic> known = topics.byName(topic.name());
            for (OffsetDeleteRequestPartition partition : topic.partitions()) {
                int index = partition.partitionIndex();
                if (known.isPresent() && index >= 0 && index < known.get().partitions()) {
                    existing.partitions().add(partition);
                } else {
                    answer.addPartition(topic.name(), index, Errors.UNKNOWN_TOPIC_OR_PARTITION);
                }
            }
            if (!existing.partitions().isEmpty()) {
                accepted.add(existing);
            }
        }
        OffsetDeleteRequestData rest =
                new OffsetDeleteRequestData().setGroupId(wanted.groupId()).setTopics(accepted);
        return groups.coordinator()
                .deleteOffsets(Contexts.of(request), rest, BufferSupplier.NO_CACHING)
                .thenApply(deleted -> answer.merge(deleted).build());
    }
}
