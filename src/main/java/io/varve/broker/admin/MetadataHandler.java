package io.varve.broker.admin;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import io.varve.cluster.ClusterView;
import io.varve.cluster.Topic;
import io.varve.cluster.TopicRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseBroker;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.MetadataRequest;
import org.apache.kafka.common.requests.MetadataResponse;

/** Metadata: brokers and topics from memory; creates topics that are asked for by name where that is allowed. */
final class MetadataHandler implements RequestHandler {
    private static final short FIRST_VERSION_WITH_TOPIC_IDS = 10;

    private final TopicRegistry topics;
    private final ClusterView cluster;
    private final TopicDescriber describer;
    private final TopicAdmin admin;
    private final boolean autoCreate;

    MetadataHandler(
            TopicRegistry topics, ClusterView cluster, TopicDescriber describer, TopicAdmin admin, boolean autoCreate) {
        this.topics = topics;
        this.cluster = cluster;
        this.describer = describer;
        this.admin = admin;
        this.autoCreate = autoCreate;
    }

    @Override
    public CompletableFuture<Reply> handle(Request request) {
        MetadataRequest body = request.body(MetadataRequest.class);
        if (body.isAllTopics()) {
            List<MetadataResponseTopic> all = new ArrayList<>();
            topics.all().forEach(topic -> all.add(describer.metadata(topic)));
            return CompletableFuture.completedFuture(reply(request.version(), all));
        }
        boolean create = autoCreate && body.allowAutoTopicCreation() && mentionsUnknown(body);
        return create
                ? request.onVirtualThread(() -> reply(request.version(), describe(body, true)))
                : CompletableFuture.completedFuture(reply(request.version(), describe(body, false)));
    }

    private boolean mentionsUnknown(MetadataRequest body) {
        return body.data().topics().stream()
                .anyMatch(wanted ->
                        wanted.name() != null && topics.byName(wanted.name()).isEmpty());
    }

    private List<MetadataResponseTopic> describe(MetadataRequest body, boolean create) {
        List<MetadataResponseTopic> answers = new ArrayList<>();
        for (MetadataRequestTopic wanted : body.data().topics()) {
            answers.add(
                    wanted.name() == null || !wanted.topicId().equals(Uuid.ZERO_UUID)
                            ? byId(wanted.topicId())
                            : byName(wanted.name(), create));
        }
        return answers;
    }

    private MetadataResponseTopic byId(Uuid id) {
        return topics.byId(id)
                .map(describer::metadata)
                .orElseGet(() -> failure(Errors.UNKNOWN_TOPIC_ID).setTopicId(id).setName(null));
    }

    private MetadataResponseTopic byName(String name, boolean create) {
        Optional<Topic> known = topics.byName(name);
        if (known.isPresent()) {
            return describer.metadata(known.get());
        }
        try {
            org.apache.kafka.common.internals.Topic.validate(name);
            if (create) {
                return describer.metadata(admin.createAutomatically(name));
            }
            return failure(Errors.UNKNOWN_TOPIC_OR_PARTITION).setName(name);
        } catch (InvalidTopicException e) {
            return failure(Errors.INVALID_TOPIC_EXCEPTION).setName(name);
        } catch (TopicExistsException raced) {
            return failure(Errors.LEADER_NOT_AVAILABLE).setName(name);
        } catch (RuntimeException e) {
            return failure(AdminErrors.of(e).error()).setName(name);
        }
    }

    private static MetadataResponseTopic failure(Errors error) {
        return new MetadataResponseTopic().setErrorCode(error.code());
    }

    private Reply reply(short version, List<MetadataResponseTopic> topicAnswers) {
        MetadataResponseData data =
                new MetadataResponseData().setClusterId(cluster.clusterId()).setControllerId(cluster.controller());
        for (Node broker : cluster.brokers()) {
            data.brokers()
                    .add(new MetadataResponseBroker()
                            .setNodeId(broker.id())
                            .setHost(broker.host())
                            .setPort(broker.port())
                            .setRack(broker.rack()));
        }
        for (MetadataResponseTopic topic : topicAnswers) {
            // Before topic ids, a topic without a name could not be said.
            if (topic.name() != null || version >= FIRST_VERSION_WITH_TOPIC_IDS) {
                data.topics().add(topic);
            }
        }
        return new Reply.Send(new MetadataResponse(data, version));
    }
}
