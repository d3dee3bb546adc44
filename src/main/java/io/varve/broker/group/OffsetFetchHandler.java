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

/** OffsetFetch for one or many groups, by topic name or id; only while the lease certainly holds (rule 4). */
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
        for (OffsetFetchRequestGroup group : body.groups()) {
            answers.add(
                    groups.mayServe()
                            ? fetch(request, group, body.requireStable())
                            : CompletableFuture.completedFuture(
                                    OffsetFetchResponse.groupError(group, Errors.NOT_COORDINATOR, request.version())));
        }
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
        OffsetFetchRequestGroup known = group.duplicate();
        if (OffsetFetchRequest.useTopicIds(request.version()) && group.topics() != null) {
            List<OffsetFetchRequestTopics> named = new ArrayList<>();
            for (OffsetFetchRequestTopics topic : group.topics()) {
                Optional<Topic> found = topics.byId(topic.topicId());
                if (found.isPresent()) {
                    named.add(topic.duplicate().setName(found.get().name()));
                } else {
                    unknown.add(unknownTopic(topic));
                }
            }
            known.setTopics(named);
        }
        return groups.coordinator()
                .fetchOffsets(Contexts.of(request), known, requireStable)
                .handle((answer, failure) -> {
                    if (failure != null) {
                        return OffsetFetchResponse.groupError(group, Errors.forException(failure), request.version());
                    }
                    return complete(answer, unknown, request.version());
                });
    }

    private OffsetFetchResponseGroup complete(
            OffsetFetchResponseGroup answer, List<OffsetFetchResponseTopics> unknown, short version) {
        if (answer.errorCode() != Errors.NONE.code()) {
            return answer;
        }
        List<OffsetFetchResponseTopics> all = new ArrayList<>();
        for (OffsetFetchResponseTopics topic : answer.topics()) {
            if (!OffsetFetchRequest.useTopicIds(version)) {
                all.add(topic);
                continue;
            }
            // A topic that was deleted has no id to answer with.
            topics.byName(topic.name()).ifPresent(known -> all.add(topic.setTopicId(known.id())));
        }
        all.addAll(unknown);
        return answer.setTopics(all);
    }

    private static OffsetFetchResponseTopics unknownTopic(OffsetFetchRequestTopics topic) {
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
