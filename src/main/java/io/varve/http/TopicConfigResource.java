package io.varve.http;

import io.smallrye.common.annotation.RunOnVirtualThread;
import io.varve.http.Shapes.ListMetadata;
import io.varve.http.Shapes.Listing;
import io.varve.http.Shapes.Metadata;
import io.varve.http.Shapes.Synonym;
import io.varve.http.Shapes.TopicConfigData;
import io.varve.server.RunningBroker;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeConfigsRequest;
import org.apache.kafka.common.requests.DescribeConfigsResponse;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** A topic's settings. */
@Path("/v3/clusters/{cluster}/topics/{topic}/configs")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Tag(name = "Configs")
public class TopicConfigResource {

    // Kafka's protocol has numbers; REST has the names of DescribeConfigs' sources.
    private static final Map<Byte, String> SOURCES = Map.of(
            (byte) 1, "DYNAMIC_TOPIC_CONFIG",
            (byte) 2, "DYNAMIC_BROKER_CONFIG",
            (byte) 3, "DYNAMIC_DEFAULT_BROKER_CONFIG",
            (byte) 4, "STATIC_BROKER_CONFIG",
            (byte) 5, "DEFAULT_CONFIG",
            (byte) 6, "DYNAMIC_BROKER_LOGGER_CONFIG");
    private static final byte DEFAULT_CONFIG = 5;

    private final Broker broker;

    @Inject
    TopicConfigResource(Broker broker) {
        this.broker = broker;
    }

    @GET
    @Operation(summary = "List a topic's settings", description = "All of them, defaults too.")
    public Listing<TopicConfigData> list(
            @PathParam("cluster") String cluster, @PathParam("topic") String topic, @Context UriInfo uri) {
        Links links = Links.of(uri, cluster);
        List<TopicConfigData> configs = configs(broker.cluster(cluster), links, topic);
        return new Listing<>("KafkaTopicConfigList", new ListMetadata(links.topic(topic) + "/configs", null), configs);
    }

    @GET
    @Path("/{name}")
    @Operation(summary = "Get one of a topic's settings")
    public TopicConfigData get(
            @PathParam("cluster") String cluster,
            @PathParam("topic") String topic,
            @PathParam("name") String name,
            @Context UriInfo uri) {
        return configs(broker.cluster(cluster), Links.of(uri, cluster), topic).stream()
                .filter(config -> config.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new RestException(404, 404, "HTTP 404 Not Found"));
    }

    private static List<TopicConfigData> configs(RunningBroker running, Links links, String topic) {
        Broker.topic(running, topic);
        var resource = new DescribeConfigsRequestData.DescribeConfigsResource()
                .setResourceType(ConfigResource.Type.TOPIC.id())
                .setResourceName(topic)
                .setConfigurationKeys(null);
        var data = new DescribeConfigsRequestData().setIncludeSynonyms(true).setResources(List.of(resource));
        var request = new DescribeConfigsRequest.Builder(data).build(ApiKeys.DESCRIBE_CONFIGS.latestVersion());
        DescribeConfigsResult result = Broker.ask(running, request, DescribeConfigsResponse.class)
                .data()
                .results()
                .getFirst();
        if (result.errorCode() != Errors.NONE.code()) {
            throw RestErrors.of(Errors.forCode(result.errorCode()).exception(result.errorMessage()));
        }
        return result.configs().stream()
                .sorted(Comparator.comparing(DescribeConfigsResourceResult::name))
                .map(config -> shape(links, topic, config))
                .toList();
    }

    private static TopicConfigData shape(Links links, String topic, DescribeConfigsResourceResult config) {
        return new TopicConfigData(
                "KafkaTopicConfig",
                new Metadata(
                        links.config(topic, config.name()),
                        links.resourceName("/topic=" + topic + "/config=" + config.name())),
                links.clusterId(),
                topic,
                config.name(),
                config.isSensitive() ? null : config.value(),
                config.configSource() == DEFAULT_CONFIG,
                config.readOnly(),
                config.isSensitive(),
                source(config.configSource()),
                config.synonyms().stream()
                        .map(synonym -> new Synonym(synonym.name(), synonym.value(), source(synonym.source())))
                        .toList());
    }

    private static String source(byte source) {
        return SOURCES.getOrDefault(source, "UNKNOWN");
    }
}
