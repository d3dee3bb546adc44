package io.varve.http;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.varve.http.RecordShapes.ProduceRequest;
import io.varve.http.RecordShapes.Produced;
import io.varve.server.RunningBroker;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Writes records. */
@Path("/v3/clusters/{cluster}/topics/{topic}/records")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Tag(name = "Records")
public class ProduceResource {
    private final Broker broker;

    @Inject
    ProduceResource(Broker broker) {
        this.broker = broker;
    }

    /**
     * A body of known length with one object in it is answered with the status of its outcome. Several objects, or a body that goes
     * on while it is answered, are streamed: status 200, and a line for each record with an error code of its own.
     */
    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(
            summary = "Produce records",
            description =
                    "One record in a body, or several JSON objects one after the other (send them chunked to get each result as soon"
                            + " as it is there). Results are lines of JSON in the same order. Answered when acks=all is reached.")
    @RequestBody(content = @Content(schema = @Schema(implementation = ProduceRequest.class)))
    @APIResponse(responseCode = "200", content = @Content(schema = @Schema(implementation = Produced.class)))
    @APIResponse(responseCode = "400", content = @Content(schema = @Schema(implementation = ErrorBody.class)))
    @APIResponse(responseCode = "404", content = @Content(schema = @Schema(implementation = ErrorBody.class)))
    public Response produce(
            @PathParam("cluster") String cluster,
            @PathParam("topic") String topic,
            @HeaderParam("Content-Length") @Nullable Long length,
            InputStream body)
            throws IOException {
        RunningBroker running = broker.cluster(cluster);
        var stream = new ProduceStream(running, Broker.topic(running, topic), body);
        if (length == null) {
            return streamed(stream, List.of());
        }
        try {
            JsonNode first = stream.next();
            if (first == null) {
                throw RestException.badRequest("The request has no record in it.");
            }
            JsonNode second = stream.next();
            return second == null
                    ? Response.ok(Broker.await(stream.append(first))).build()
                    : streamed(stream, List.of(first, second));
        } catch (JacksonException e) {
            throw ProduceStream.unreadable(e);
        }
    }

    private static Response streamed(ProduceStream stream, List<JsonNode> first) {
        StreamingOutput lines = out -> stream.run(first, out);
        return Response.ok(lines).build();
    }
}
