package io.varve.broker.group;

import io.varve.broker.Request;
import io.varve.cluster.Topic;
import io.varve.cluster.TopicRegistry;
import io.varve.group.GroupService;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartitions;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseTopics;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.OffsetFetchRequest;
import org.apache.kafka.common.requests.OffsetFetchResponse;

/**
 * OffsetFetch for one or many groups; topics by name, from version 10 on by id. An answer leaves only if the lease certainly held after the
 * offsets were read: then nobody else can have committed newer ones (rule 4).
 */
final class OffsetFetchHandler {
    private final GroupService groups;
    private final TopicRegistry topics;

    OffsetFetchHandler(GroupService groups, TopicRegistry topics) {
        this.groups = groups;
        this.topics = topics;
    }

    CompletableFuture<AbstractResponse> handle(Request request) {
        OffsetFetchRequest body = request.body(OffsetFetchRequest.class);
        List<CompletableFuture<OffsetFetchResponseGroup>> answers = new ArrayList<>();
        body.groups().forEach(group -> answers.add(fetch(request, group, body.requireStable())));
        return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
                .thenApply(done -> {
                    List<OffsetFetchResponseGroup> all = new ArrayList<>();
                    answers.forEach(answer -> all.add(answer.join()));
                    return new OffsetFetchResponse.Builder(all).build(request.version());
                });
    }

    private CompletableFuture<OffsetFetchResponseGroup> fetch(
            Request request, OffsetFetchRequestGroup group, boolean requireStable) {
        List<OffsetFetchResponseTopics> unknown = new ArrayList<>();
        OffsetFetchRequestGroup resolved = group.duplicate();
        if (!OffsetFetchRequest.requestAllOffsets(group)) {
            resolved.setTopics(resolve(group.topics(), OffsetFetchRequest.useTopicIds(request.version()), unknown));
        }
        return groups.coordinator()
                .fetchOffsets(Contexts.of(request), resolved, requireStable)
                .handle((answer, failure) -> {
                    if (failure != null) {
                        return OffsetFetchResponse.groupError(group, Errors.forException(failure), request.version());
                    }
                    if (!groups.mayServe()) {
                        return OffsetFetchResponse.groupError(group, Errors.NOT_COORDINATOR, request.version());
                    }
                    return complete(answer, unknown, request.version());
                });
    }

    /** Adds names to ids and ids to names: with both, the coordinator tells a topic from an earlier one of the same name. */
    private List<OffsetFetchRequestTopics> resolve(
            List<OffsetFetchRequestTopics> wanted, boolean byId, List<OffsetFetchResponseTopics> unknown) {
        List<OffsetFetchRequestTopics> resolved = new ArrayList<>();
        for (OffsetFetchRequestTopics topic : wanted) {
            Optional<Topic> known = byId ? topics.byId(topic.topicId()) : topics.byName(topic.name());
            if (known.isPresent()) {
                resolved.add(topic.duplicate()
                        .setName(known.get().name())
                        .setTopicId(known.get().id()));
            } else if (byId) {
                unknown.add(unknownId(topic));
            } else {
                resolved.add(topic);
            }
        }
        return resolved;
    }

    private OffsetFetchResponseGroup complete(
            OffsetFetchResponseGroup answer, List<OffsetFetchResponseTopics> unknown, short version) {
        if (answer.errorCode() != Errors.NONE.code() || !OffsetFetchRequest.useTopicIds(version)) {
            return answer;
        }
        List<OffsetFetchResponseTopics> all = new ArrayList<>();
        for (OffsetFetchResponseTopics topic : answer.topics()) {
            // A topic that is gone has no id to answer with.
            topics.byName(topic.name()).ifPresent(known -> all.add(topic.setTopicId(known.id())));
        }
        all.addAll(unknown);
        return answer.setTopics(all);
    }

    private static OffsetFetchResponseTopics unknownId(OffsetFetchRequestTopics topic) {
        OffsetFetchResponseTopics answer = new OffsetFetchResponseTopics().setTopicId(topic.topicId());
        topic.partitionIndexes()
                .forEach(index -> answer.partitions()
                        .add(new OffsetFetchResponsePartitions()
                                .setPartitionIndex(index)
                                .setCommittedOffset(OffsetFetchResponse.INVALID_OFFSET)
                                .setMetadata(OffsetFetchResponse.NO_METADATA)
                                .setErrorCode(Errors.UNKNOWN_TOPIC_ID.code())));
        return answer;
    }
}
