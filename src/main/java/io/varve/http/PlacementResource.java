package io.varve.http;

import io.smallrye.common.annotation.RunOnVirtualThread;
import io.varve.cluster.PlacementView;
import io.varve.server.RunningBroker;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Where partitions are and why: Varve's own addition to Confluent's API. */
@Path("/v3/clusters/{cluster}/placement")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Tag(name = "Placement")
public class PlacementResource {
    private final Broker broker;

    @Inject
    PlacementResource(Broker broker) {
        this.broker = broker;
    }

    @GET
    @Operation(
            summary = "The brokers, the placer and what is on its way (Varve's own)",
            description = "Brokers that are gone are there for as long as partitions are assigned to them.")
    public PlacementView.Overview overview(@PathParam("cluster") String cluster) {
        return view(broker.cluster(cluster)).overview();
    }

    @GET
    @Path("/{topic}")
    @Operation(summary = "Why each partition of a topic is where it is (Varve's own)")
    public List<PlacementView.Place> topic(@PathParam("cluster") String cluster, @PathParam("topic") String topic) {
        RunningBroker running = broker.cluster(cluster);
        return view(running).places(Broker.topic(running, topic));
    }

    private static PlacementView view(RunningBroker running) {
        PlacementView view = running.placement();
        if (view == null) {
            throw new RestException(404, 404, "HTTP 404 Not Found");
        }
        return view;
    }
}
