package io.varve.broker.admin;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import io.varve.cluster.ClusterView;
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

/** DescribeConfigs for topics, this broker and groups. */
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
                answer.results().add(describe(resource, wanted));
            }
            return new Reply.Send(new DescribeConfigsResponse(answer));
        });
    }

    private DescribeConfigsResult describe(DescribeConfigsResource resource, DescribeConfigsRequestData wanted) {
        DescribeConfigsResult result = new DescribeConfigsResult()
                .setResourceType(resource.resourceType())
                .setResourceName(resource.resourceName());
        try {
            return result.setConfigs(configs(resource, wanted.includeSynonyms(), wanted.includeDocumentation()));
        } catch (RuntimeException e) {
            ApiError error = AdminErrors.of(e);
            return result.setErrorCode(error.error().code())
                    .setErrorMessage(error.message())
                    .setConfigs(List.of());
        }
    }

    private List<DescribeConfigsResourceResult> configs(
            DescribeConfigsResource resource, boolean synonyms, boolean documentation) {
        String name = resource.resourceName();
        List<String> keys = resource.configurationKeys();
        return switch (ConfigResource.Type.forId(resource.resourceType())) {
            case TOPIC ->
                describer.topic(
                        topics.byName(name)
                                .orElseThrow(() -> new UnknownTopicOrPartitionException("there is no topic " + name)),
                        keys,
                        synonyms,
                        documentation);
            case BROKER -> {
                if (name.isEmpty()) {
                    // The cluster-wide default of dynamic broker configs, of which there are none.
                    yield List.of();
                }
                if (!name.equals(Integer.toString(cluster.self()))) {
                    throw new InvalidRequestException("Unexpected broker id, expected " + cluster.self()
                            + " or empty string, but received " + name);
                }
                yield describer.broker(keys, synonyms, documentation);
            }
            case GROUP -> ConfigDescriber.group(groups, name, keys, synonyms, documentation);
            case BROKER_LOGGER, CLIENT_METRICS, UNKNOWN ->
                throw new InvalidRequestException(
                        "configs of resource type " + resource.resourceType() + " are not supported by this broker");
        };
    }
}
