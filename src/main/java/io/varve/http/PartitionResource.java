package io.varve.http;

import io.smallrye.common.annotation.RunOnVirtualThread;
import io.varve.cluster.Leadership.Leader;
import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord;
import io.varve.cluster.Topic;
import io.varve.http.Shapes.ListMetadata;
import io.varve.http.Shapes.Listing;
import io.varve.http.Shapes.Metadata;
import io.varve.http.Shapes.PartitionData;
import io.varve.http.Shapes.Related;
import io.varve.server.RunningBroker;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import java.util.stream.IntStream;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Partitions of a topic. */
@Path("/v3/clusters/{cluster}/topics/{topic}/partitions")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Tag(name = "Partitions")
public class PartitionResource {
    private final Broker broker;

    @Inject
    PartitionResource(Broker broker) {
        this.broker = broker;
    }

    @GET
    @Operation(summary = "List a topic's partitions")
    public Listing<PartitionData> list(
            @PathParam("cluster") String cluster, @PathParam("topic") String name, @Context UriInfo uri) {
        RunningBroker running = broker.cluster(cluster);
        Topic topic = Broker.topic(running, name);
        Links links = Links.of(uri, cluster);
        List<PartitionData> partitions = IntStream.range(0, topic.partitions())
                .mapToObj(partition -> shape(running, links, topic, partition))
                .toList();
        return new Listing<>("KafkaPartitionList", new ListMetadata(links.partitions(name), null), partitions);
    }

    @GET
    @Path("/{partition}")
    @Operation(summary = "Get a partition")
    public PartitionData get(
            @PathParam("cluster") String cluster,
            @PathParam("topic") String name,
            @PathParam("partition") int partition,
            @Context UriInfo uri) {
        RunningBroker running = broker.cluster(cluster);
        Topic topic = Broker.topic(running, name);
        if (partition < 0 || partition >= topic.partitions()) {
            throw RestErrors.unknownTopicOrPartition();
        }
        return shape(running, Links.of(uri, cluster), topic, partition);
    }

    private static PartitionData shape(RunningBroker running, Links links, Topic topic, int partition) {
        Leader leader = running.leadership().of(new PartitionId(topic.id(), partition));
        String self = links.partition(topic.name(), partition);
        return new PartitionData(
                "KafkaPartition",
                new Metadata(self, links.resourceName("/topic=" + topic.name() + "/partition=" + partition)),
                links.clusterId(),
                topic.name(),
                partition,
                leader.broker() == PartitionRecord.NO_OWNER ? null : new Related(self + "/replicas/" + leader.broker()),
                leader.epoch(),
                leader.replicas(),
                leader.inSync());
    }
}
