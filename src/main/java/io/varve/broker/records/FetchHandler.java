package io.varve.broker.records;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord.Member;
import io.varve.cluster.Topic;
import io.varve.log.Partition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ScheduledExecutorService;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.server.FetchContext;
import org.apache.kafka.server.FetchManager;

/**
 * Fetch, with sessions (KIP-227, by Kafka's own {@link FetchManager}), topic ids (KIP-516), long polling, and consumers that read from a broker of
 * their own rack (KIP-392).
 */
final class FetchHandler implements RequestHandler {
    private static final short FIRST_VERSION_WITH_TOPIC_IDS = 13;

    private final PartitionLookup lookup;
    private final ReadReplicas replicas;
    private final Elsewhere elsewhere;
    private final FetchManager sessions;
    private final FetchReader reader;
    private final ScheduledExecutorService timer;
    private final int maxBytes;

    /**
     * @param replicas whom consumers are sent to
     * @param elsewhere what is read here of partitions of others
     * @param maxBytes bound on one response's records ({@code fetch.max.bytes})
     */
    FetchHandler(
            PartitionLookup lookup,
            ReadReplicas replicas,
            Elsewhere elsewhere,
            FetchManager sessions,
            FetchReader reader,
            ScheduledExecutorService timer,
            int maxBytes) {
        this.lookup = lookup;
        this.replicas = replicas;
        this.elsewhere = elsewhere;
        this.sessions = sessions;
        this.reader = reader;
        this.timer = timer;
        this.maxBytes = maxBytes;
    }

    @Override
    public CompletableFuture<Reply> handle(Request request) {
        FetchRequest fetch = request.body(FetchRequest.class);
        Map<Uuid, String> names = topicNames(fetch);
        FetchContext context = sessions.newContext(
                fetch.version(),
                fetch.metadata(),
                fetch.isFromFollower(),
                fetch.fetchData(names),
                fetch.forgottenTopics(names),
                names);
        List<FetchTarget> targets = new ArrayList<>();
        String rack = fetch.isFromFollower() ? "" : fetch.rackId();
        Set<Member> near = replicas.in(rack);
        context.foreachPartition((id, wanted) -> targets.add(resolve(fetch.version(), id, wanted, rack, near)));
        int limit = Math.min(fetch.maxBytes(), maxBytes);
        FetchReader.Pass pass = reader.read(targets, limit);
        if (targets.isEmpty() || fetch.maxWait() <= 0 || pass.satisfies(fetch.minBytes())) {
            return answer(context, pass);
        }
        pass.release();
        CompletableFuture<Reply> reply = new CompletableFuture<>();
        DelayedFetch.start(
                targets,
                fetch.minBytes(),
                fetch.maxWait(),
                timer,
                request.blocking(),
                request.hurry(),
                () -> complete(reply, () -> answer(context, reader.read(targets, limit))));
        return reply;
    }

    private interface Answer {
        CompletableFuture<Reply> get();
    }

    private static void complete(CompletableFuture<Reply> reply, Answer answer) {
        try {
            CompletableFuture<Reply> _ = answer.get().whenComplete((value, failure) -> {
                if (failure == null) {
                    reply.complete(value);
                } else {
                    reply.completeExceptionally(failure);
                }
            });
        } catch (RuntimeException e) {
            reply.completeExceptionally(e);
        }
    }

    private Map<Uuid, String> topicNames(FetchRequest fetch) {
        if (fetch.version() < FIRST_VERSION_WITH_TOPIC_IDS) {
            return Map.of();
        }
        Map<Uuid, String> names = new HashMap<>();
        fetch.data()
                .topics()
                .forEach(topic ->
                        lookup.topics().byId(topic.topicId()).ifPresent(known -> names.put(known.id(), known.name())));
        fetch.data()
                .forgottenTopicsData()
                .forEach(topic ->
                        lookup.topics().byId(topic.topicId()).ifPresent(known -> names.put(known.id(), known.name())));
        return names;
    }

    /** @param near the brokers in the consumer's rack, if it names one and this is not in it */
    private FetchTarget resolve(
            short version, TopicIdPartition id, FetchRequest.PartitionData wanted, String rack, Set<Member> near) {
        try {
            Topic topic =
                    version >= FIRST_VERSION_WITH_TOPIC_IDS ? lookup.withId(id.topicId()) : lookup.named(id.topic());
            return resolve(topic, id, wanted, rack, near);
        } catch (ApiException e) {
            return FetchTarget.failed(id, wanted, Errors.forException(e));
        }
    }

    private FetchTarget resolve(
            Topic topic, TopicIdPartition id, FetchRequest.PartitionData wanted, String rack, Set<Member> near) {
        try {
            Partition partition = lookup.served(topic, id.partition());
            List<Member> followers =
                    near.isEmpty() ? List.of() : partition.reader().followersAt(wanted.fetchOffset);
            int preferred = ReadReplicas.choose(partition.id(), followers, near).orElse(FetchTarget.HERE);
            return new FetchTarget(id, wanted, partition.reader(), Errors.NONE, preferred);
        } catch (NotLeaderOrFollowerException e) {
            PartitionId partition = new PartitionId(topic.id(), id.partition());
            return FetchTarget.of(
                    id,
                    wanted,
                    elsewhere.find(partition, wanted.fetchOffset, rack).orElseThrow(() -> e));
        }
    }

    private static CompletableFuture<Reply> answer(FetchContext context, FetchReader.Pass pass) {
        if (pass.cold.isEmpty()) {
            return CompletableFuture.completedFuture(reply(context, pass));
        }
        return CompletableFuture.allOf(pass.cold.toArray(CompletableFuture[]::new))
                .handle((done, failure) -> {
                    if (failure != null) {
                        pass.release();
                        throw new CompletionException(failure);
                    }
                    return reply(context, pass);
                });
    }

    private static Reply reply(FetchContext context, FetchReader.Pass pass) {
        FetchResponse response;
        try {
            response = context.updateAndGenerateResponseData(pass.data, List.of());
        } catch (RuntimeException e) {
            pass.release();
            throw e;
        }
        // A session that another request has moved on answers with an error, and without what was read.
        pass.releaseAllBut(response);
        return new Reply.Send(response);
    }
}
