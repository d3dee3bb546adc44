package io.varve.broker.admin;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import io.varve.cluster.Topic;
import io.varve.cluster.TopicConfigs;
import io.varve.cluster.TopicRegistry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.AlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.AlterConfigsResponseData;
import org.apache.kafka.common.message.AlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.requests.AlterConfigsRequest;
import org.apache.kafka.common.requests.AlterConfigsResponse;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.IncrementalAlterConfigsRequest;
import org.apache.kafka.common.requests.IncrementalAlterConfigsResponse;

/** AlterConfigs (replaces all) and IncrementalAlterConfigs (changes some), for topics and groups. */
final class AlterConfigsHandler {
    private final TopicRegistry topics;
    private final TopicConfigs topicConfigs;
    private final GroupConfigs groups;

    AlterConfigsHandler(TopicRegistry topics, TopicConfigs topicConfigs, GroupConfigs groups) {
        this.topics = topics;
        this.topicConfigs = topicConfigs;
        this.groups = groups;
    }

    private record Resource(byte type, String name) {}

    RequestHandler incremental() {
        return this::changeSome;
    }

    RequestHandler replacing() {
        return this::replaceAll;
    }

    private CompletableFuture<Reply> changeSome(Request request) {
        IncrementalAlterConfigsRequestData wanted =
                request.body(IncrementalAlterConfigsRequest.class).data();
        return request.onVirtualThread(() -> {
            Set<Resource> seen = new HashSet<>();
            IncrementalAlterConfigsResponseData answer = new IncrementalAlterConfigsResponseData();
            for (IncrementalAlterConfigsRequestData.AlterConfigsResource resource : wanted.resources()) {
                List<ConfigChanges.Change> changes = new ArrayList<>();
                resource.configs()
                        .forEach(config -> changes.add(
                                new ConfigChanges.Change(config.name(), config.configOperation(), config.value())));
                ApiError error = alter(
                        new Resource(resource.resourceType(), resource.resourceName()),
                        seen,
                        wanted.validateOnly(),
                        new Edit(
                                own -> ConfigChanges.applyToTopic(own, changes, topicConfigs),
                                own -> ConfigChanges.apply(
                                        own, changes, groups.definitions().configKeys(), groups.defaults())));
                answer.responses()
                        .add(new IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse()
                                .setResourceType(resource.resourceType())
                                .setResourceName(resource.resourceName())
                                .setErrorCode(error.error().code())
                                .setErrorMessage(error.message()));
            }
            return new Reply.Send(new IncrementalAlterConfigsResponse(answer));
        });
    }

    private CompletableFuture<Reply> replaceAll(Request request) {
        AlterConfigsRequestData wanted = request.body(AlterConfigsRequest.class).data();
        return request.onVirtualThread(() -> {
            Set<Resource> seen = new HashSet<>();
            AlterConfigsResponseData answer = new AlterConfigsResponseData();
            for (AlterConfigsResource resource : wanted.resources()) {
                Map<String, String> configs = new HashMap<>();
                resource.configs().forEach(config -> configs.put(config.name(), config.value()));
                ApiError error = alter(
                        new Resource(resource.resourceType(), resource.resourceName()),
                        seen,
                        wanted.validateOnly(),
                        new Edit(
                                own -> {
                                    topicConfigs.validate(own, configs);
                                    return configs;
                                },
                                own -> configs));
                answer.responses()
                        .add(new AlterConfigsResourceResponse()
                                .setResourceType(resource.resourceType())
                                .setResourceName(resource.resourceName())
                                .setErrorCode(error.error().code())
                                .setErrorMessage(error.message()));
            }
            return new Reply.Send(new AlterConfigsResponse(answer));
        });
    }

    /** What to do with the configs a resource has now. */
    private record Edit(UnaryOperator<Map<String, String>> ofTopic, UnaryOperator<Map<String, String>> ofGroup) {}

    private ApiError alter(Resource resource, Set<Resource> seen, boolean validateOnly, Edit edit) {
        try {
            if (!seen.add(resource)) {
                throw new InvalidRequestException("Each resource must appear at most once: " + resource.name());
            }
            switch (ConfigResource.Type.forId(resource.type())) {
                case TOPIC -> alterTopic(resource.name(), validateOnly, edit.ofTopic());
                case GROUP ->
                    groups.set(resource.name(), edit.ofGroup().apply(groups.own(resource.name())), validateOnly);
                case BROKER ->
                    throw new InvalidRequestException(
                            "broker configs cannot be changed while the broker runs: set them under varve.kafka.config and restart it");
                case BROKER_LOGGER, CLIENT_METRICS, UNKNOWN ->
                    throw new InvalidRequestException(
                            "configs of resource type " + resource.type() + " are not supported by this broker");
            }
            return ApiError.NONE;
        } catch (RuntimeException e) {
            return AdminErrors.of(e);
        }
    }

    private void alterTopic(String name, boolean validateOnly, UnaryOperator<Map<String, String>> edit) {
        Topic topic = topics.byName(name)
                .orElseThrow(() -> new UnknownTopicOrPartitionException("The topic '" + name + "' does not exist."));
        if (validateOnly) {
            Map<String, String> _ = edit.apply(topic.configs());
        } else {
            topics.alterConfigs(topic, edit);
        }
    }
}
