package io.varve.http;

import io.smallrye.common.annotation.RunOnVirtualThread;
import io.varve.http.Shapes.Cluster;
import io.varve.http.Shapes.ListMetadata;
import io.varve.http.Shapes.Listing;
import io.varve.http.Shapes.Metadata;
import io.varve.http.Shapes.Related;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** The one cluster that this broker is in. */
@Path("/v3/clusters")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Tag(name = "Clusters")
public class ClusterResource {
    private final Broker broker;

    @Inject
    ClusterResource(Broker broker) {
        this.broker = broker;
    }

    @GET
    @Operation(summary = "List clusters", description = "There is one: the broker's own.")
    public Listing<Cluster> list(@Context UriInfo uri) {
        Links links = Links.of(uri, broker.running().clusterId());
        return new Listing<>("KafkaClusterList", new ListMetadata(links.clusters(), null), List.of(shape(links)));
    }

    @GET
    @Path("/{cluster}")
    @Operation(summary = "Get a cluster")
    public Cluster get(@PathParam("cluster") String cluster, @Context UriInfo uri) {
        return shape(Links.of(uri, broker.cluster(cluster).clusterId()));
    }

    private static Cluster shape(Links links) {
        return new Cluster(
                "KafkaCluster",
                new Metadata(links.cluster(), links.resourceName("")),
                links.clusterId(),
                null,
                new Related(links.topics()));
    }
}
