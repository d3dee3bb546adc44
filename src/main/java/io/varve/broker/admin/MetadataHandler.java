package io.varve.broker.admin;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import io.varve.cluster.ClusterView;
import io.varve.cluster.Topic;
import io.varve.cluster.TopicRegistry;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseBroker;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.MetadataRequest;
import org.apache.kafka.common.requests.MetadataResponse;

/**
 * Metadata: brokers and topics from memory. Topics that are asked for by name and do not exist are created where the broker
 * ({@code auto.create.topics.enable}) and the client allow it, and are in the answer at once; Kafka makes the client ask again.
 */
final class MetadataHandler implements RequestHandler {
    private static final short FIRST_VERSION_ASKING_BY_ID = 12;
    private static final short LAST_VERSION_WITH_CLUSTER_OPERATIONS = 10;

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
            return CompletableFuture.completedFuture(reply(body, all));
        }
        if (request.version() < FIRST_VERSION_ASKING_BY_ID && asksById(body)) {
            return CompletableFuture.failedFuture(new InvalidRequestException(
                    "Topic IDs are not supported in requests for version " + request.version()));
        }
        boolean create = autoCreate && body.allowAutoTopicCreation() && mentionsUnknown(body);
        return create
                ? request.onVirtualThread(() -> reply(body, describe(body, true)))
                : CompletableFuture.completedFuture(reply(body, describe(body, false)));
    }

    private static boolean asksById(MetadataRequest body) {
        return body.data().topics().stream()
                .anyMatch(wanted -> wanted.name() == null || !wanted.topicId().equals(Uuid.ZERO_UUID));
    }

    private boolean mentionsUnknown(MetadataRequest body) {
        return body.data().topics().stream()
                .anyMatch(wanted ->
                        wanted.name() != null && topics.byName(wanted.name()).isEmpty());
    }

    private List<MetadataResponseTopic> describe(MetadataRequest body, boolean create) {
        Set<Uuid> ids = new LinkedHashSet<>();
        Set<String> names = new LinkedHashSet<>();
        for (MetadataRequestTopic wanted : body.data().topics()) {
            if (wanted.name() == null || !wanted.topicId().equals(Uuid.ZERO_UUID)) {
                ids.add(wanted.topicId());
            } else {
                names.add(wanted.name());
            }
        }
        List<MetadataResponseTopic> answers = new ArrayList<>();
        ids.forEach(id -> answers.add(byId(id)));
        names.forEach(name -> answers.add(byName(name, create)));
        return answers;
    }

    private MetadataResponseTopic byId(Uuid id) {
        return topics.byId(id)
                .map(describer::metadata)
                .orElseGet(() -> new MetadataResponseTopic()
                        .setErrorCode(Errors.UNKNOWN_TOPIC_ID.code())
                        .setTopicId(id)
                        .setName(null));
    }

    private MetadataResponseTopic byName(String name, boolean create) {
        Optional<Topic> known = topics.byName(name);
        if (known.isPresent()) {
            return describer.metadata(known.get());
        }
        try {
            org.apache.kafka.common.internals.Topic.validate(name);
            // What Kafka keeps in internal topics, Varve keeps in the metadata store: a look must not make them.
            if (create && !TopicDescriber.isInternal(name)) {
                return describer.metadata(admin.createAutomatically(name));
            }
            return failure(name, Errors.UNKNOWN_TOPIC_OR_PARTITION);
        } catch (InvalidTopicException e) {
            return failure(name, Errors.INVALID_TOPIC_EXCEPTION);
        } catch (TopicExistsException raced) {
            return failure(name, Errors.LEADER_NOT_AVAILABLE);
        } catch (RuntimeException e) {
            return failure(name, AdminErrors.of(e).error());
        }
    }

    private static MetadataResponseTopic failure(String name, Errors error) {
        return new MetadataResponseTopic()
                .setErrorCode(error.code())
                .setName(name)
                .setIsInternal(TopicDescriber.isInternal(name));
    }

    private Reply reply(MetadataRequest body, List<MetadataResponseTopic> topicAnswers) {
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
        if (body.data().includeClusterAuthorizedOperations()
                && body.version() <= LAST_VERSION_WITH_CLUSTER_OPERATIONS) {
            data.setClusterAuthorizedOperations(AuthorizedOperations.CLUSTER);
        }
        for (MetadataResponseTopic topic : topicAnswers) {
            if (body.data().includeTopicAuthorizedOperations()) {
                topic.setTopicAuthorizedOperations(AuthorizedOperations.TOPIC);
            }
            data.topics().add(topic);
        }
        return new Reply.Send(new MetadataResponse(data, body.version()));
    }
}
