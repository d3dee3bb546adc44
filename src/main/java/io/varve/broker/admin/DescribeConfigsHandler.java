package io.varve.broker.admin;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import io.varve.cluster.ClusterView;
import io.varve.cluster.Topic;
import io.varve.cluster.TopicRegistry;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.DescribeConfigsRequest;
import org.apache.kafka.common.requests.DescribeConfigsResponse;

/** DescribeConfigs for topics, this broker and groups; each resource on its own. */
final class DescribeConfigsHandler implements RequestHandler {
    private final TopicRegistry topics;
    private final ClusterView cluster;
    private final ConfigDescriber describer;
    private final GroupConfigs groups;

    DescribeConfigsHandler(TopicRegistry topics, ClusterView cluster, ConfigDescriber describer, GroupConfigs groups) {
        this.topics = topics;
        this.cluster = cluster;
        this.describer = describer;
        this.groups = groups;
    }

    @Override
    public CompletableFuture<Reply> handle(Request request) {
        DescribeConfigsRequestData wanted =
                request.body(DescribeConfigsRequest.class).data();
        return request.onVirtualThread(() -> {
            DescribeConfigsResponseData answer = new DescribeConfigsResponseData();
            for (DescribeConfigsResource resource : wanted.resources()) {
                answer.results()
                        .add(describe(
                                resource,
                                new ConfigDescriber.Wanted(
                                        resource.configurationKeys(),
                                        wanted.includeSynonyms(),
                                        wanted.includeDocumentation())));
            }
            return new Reply.Send(new DescribeConfigsResponse(answer));
        });
    }

    private DescribeConfigsResult describe(DescribeConfigsResource resource, ConfigDescriber.Wanted wanted) {
        DescribeConfigsResult result = new DescribeConfigsResult()
                .setResourceType(resource.resourceType())
                .setResourceName(resource.resourceName());
        try {
            return result.setConfigs(configs(resource, wanted));
        } catch (RuntimeException e) {
            ApiError error = AdminErrors.of(e);
            return result.setErrorCode(error.error().code())
                    .setErrorMessage(error.message())
                    .setConfigs(List.of());
        }
    }

    private List<DescribeConfigsResourceResult> configs(
            DescribeConfigsResource resource, ConfigDescriber.Wanted wanted) {
        String name = resource.resourceName();
        ConfigResource.Type type = ConfigResource.Type.forId(resource.resourceType());
        return switch (type) {
            case TOPIC -> describer.topic(topic(name), wanted);
            case BROKER -> {
                // The empty name stands for the cluster's dynamic defaults, of which there are none.
                yield name.isEmpty() ? List.of() : broker(name, wanted);
            }
            case GROUP -> {
                if (name.isEmpty()) {
                    throw new InvalidRequestException("Group name must not be empty");
                }
                yield ConfigDescriber.group(groups, name, wanted);
            }
            case BROKER_LOGGER, CLIENT_METRICS ->
                throw new InvalidRequestException("Unsupported resource type: " + type);
            case UNKNOWN ->
                throw new InvalidRequestException(
                        "Unexpected resource type " + resource.resourceType() + " for resource " + name);
        };
    }

    private Topic topic(String name) {
        org.apache.kafka.common.internals.Topic.validate(name);
        return topics.byName(name).orElseThrow(() -> new UnknownTopicOrPartitionException("there is no topic " + name));
    }

    private List<DescribeConfigsResourceResult> broker(String name, ConfigDescriber.Wanted wanted) {
        if (BrokerNames.parse("Broker", name) != cluster.self()) {
            throw new InvalidRequestException(
                    "Unexpected broker id, expected " + cluster.self() + " or empty string, but received " + name);
        }
        return describer.broker(cluster, wanted);
    }
}
