package io.varve.http;

import io.smallrye.common.annotation.RunOnVirtualThread;
import io.varve.cluster.Topic;
import io.varve.http.Shapes.ListMetadata;
import io.varve.http.Shapes.Listing;
import io.varve.http.Shapes.Metadata;
import io.varve.http.Shapes.NewTopic;
import io.varve.http.Shapes.Related;
import io.varve.http.Shapes.TopicData;
import io.varve.server.RunningBroker;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.net.URI;
import java.util.Comparator;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Topics. */
@Path("/v3/clusters/{cluster}/topics")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Tag(name = "Topics")
public class TopicResource {
    private final Broker broker;

    @Inject
    TopicResource(Broker broker) {
        this.broker = broker;
    }

    @GET
    @Operation(summary = "List topics")
    public Listing<TopicData> list(@PathParam("cluster") String cluster, @Context UriInfo uri) {
        RunningBroker running = broker.cluster(cluster);
        Links links = Links.of(uri, cluster);
        List<TopicData> topics = running.topics().all().stream()
                .sorted(Comparator.comparing(Topic::name))
                .map(topic -> shape(links, topic))
                .toList();
        return new Listing<>("KafkaTopicList", new ListMetadata(links.topics(), null), topics);
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(
            summary = "Create a topic",
            description = "What is left out is the broker's default. With validate_only nothing is created.")
    public Response create(@PathParam("cluster") String cluster, @Nullable NewTopic topic, @Context UriInfo uri) {
        RunningBroker running = broker.cluster(cluster);
        if (topic == null || topic.topicName() == null || topic.topicName().isEmpty()) {
            throw RestException.badRequest("topic_name is required.");
        }
        Links links = Links.of(uri, cluster);
        Topic created = TopicChanges.create(running, topic);
        TopicData shaped = shape(links, created);
        return Boolean.TRUE.equals(topic.validateOnly())
                ? Response.ok(shaped).build()
                : Response.created(URI.create(links.topic(created.name())))
                        .entity(shaped)
                        .build();
    }

    @GET
    @Path("/{topic}")
    @Operation(summary = "Get a topic")
    public TopicData get(@PathParam("cluster") String cluster, @PathParam("topic") String topic, @Context UriInfo uri) {
        RunningBroker running = broker.cluster(cluster);
        return shape(Links.of(uri, cluster), Broker.topic(running, topic));
    }

    @DELETE
    @Path("/{topic}")
    @Operation(summary = "Delete a topic", description = "Its records are gone at once, its objects some time later.")
    public void delete(@PathParam("cluster") String cluster, @PathParam("topic") String topic) {
        TopicChanges.delete(broker.cluster(cluster), topic);
    }

    private static TopicData shape(Links links, Topic topic) {
        String name = topic.name();
        return new TopicData(
                "KafkaTopic",
                new Metadata(links.topic(name), links.resourceName("/topic=" + name)),
                links.clusterId(),
                name,
                false,
                topic.replicationFactor(),
                topic.partitions(),
                new Related(links.partitions(name)),
                new Related(links.topic(name) + "/configs"));
    }
}
