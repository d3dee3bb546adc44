package io.varve.broker.forward;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FetchMetadata;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;

/**
 * Fetch on the one-address listener: each owner is asked for its partitions at the same time, with the client's wait and with its share of the least and
 * the most that the client wants; {@link GatheredFetch} puts the answers together. There are no fetch sessions here (KIP-227 allows that): the next
 * fetch may come by another broker.
 */
final class FetchForwarding implements RequestHandler {
    /** What one fetch is answered with at most, beyond one batch: it passes through this broker's memory. */
    static final int MAX_BYTES = 16 << 20;

    static final Shape<FetchTopic, FetchPartition> ASKED = new Shape<>(
            topic -> Shape.key(topic.topicId(), topic.topic()),
            FetchTopic::partitions,
            FetchPartition::partition,
            (topic, partitions) -> new FetchTopic()
                    .setTopic(topic.topic())
                    .setTopicId(topic.topicId())
                    .setPartitions(partitions));

    private final Whereabouts where;
    private final Delivery delivery;
    private final ScheduledExecutorService timer;

    FetchForwarding(Whereabouts where, Delivery delivery, ScheduledExecutorService timer) {
        this.where = where;
        this.delivery = delivery;
        this.timer = timer;
    }

    @Override
    public CompletableFuture<Reply> handle(Request request) {
        FetchRequest fetch = request.body(FetchRequest.class);
        if (!fetch.metadata().isFull()) {
            return CompletableFuture.completedFuture(new Reply.Send(
                    FetchResponse.of(new FetchResponseData().setErrorCode(Errors.FETCH_SESSION_ID_NOT_FOUND.code()))));
        }
        Map<Integer, List<FetchTopic>> divided = ASKED.divide(fetch.data().topics(), this::owner);
        int parts = divided.size();
        List<GatheredFetch.Part> asked = new ArrayList<>(parts);
        divided.forEach((broker, topics) -> {
            FetchRequest part = part(fetch, topics, parts);
            asked.add(new GatheredFetch.Part(part, delivery.deliver(request, broker, part)));
        });
        return GatheredFetch.of(fetch, asked, timer);
    }

    /** Sealed data is read where the client is, without asking its owner. */
    private int owner(FetchTopic topic, FetchPartition wanted) {
        return topic.topicId().equals(Uuid.ZERO_UUID)
                ? where.reader(topic.topic(), wanted.partition(), wanted.fetchOffset())
                : where.reader(topic.topicId(), wanted.partition(), wanted.fetchOffset());
    }

    /** Without a session, and without the client's rack: other brokers to read from are not known to it. */
    private static FetchRequest part(FetchRequest whole, List<FetchTopic> topics, int parts) {
        FetchRequestData data = whole.data();
        return new FetchRequest(
                new FetchRequestData()
                        .setClusterId(data.clusterId())
                        .setReplicaId(data.replicaId())
                        .setReplicaState(data.replicaState())
                        .setMaxWaitMs(data.maxWaitMs())
                        .setMinBytes(share(data.minBytes(), parts))
                        .setMaxBytes(Math.max(1, Math.min(MAX_BYTES, data.maxBytes()) / parts))
                        .setIsolationLevel(data.isolationLevel())
                        .setSessionId(FetchMetadata.INVALID_SESSION_ID)
                        .setSessionEpoch(FetchMetadata.FINAL_EPOCH)
                        .setTopics(topics),
                whole.version());
    }

    private static int share(int minBytes, int parts) {
        return minBytes <= 0 ? minBytes : (int) (((long) minBytes + parts - 1) / parts);
    }
}
