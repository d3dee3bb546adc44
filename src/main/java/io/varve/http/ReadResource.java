package io.varve.http;

import io.smallrye.common.annotation.RunOnVirtualThread;
import io.varve.broker.RecordService.Fetched;
import io.varve.broker.RecordService.StoredRecord;
import io.varve.cluster.Topic;
import io.varve.http.RecordShapes.HeaderData;
import io.varve.http.RecordShapes.RecordData;
import io.varve.http.RecordShapes.RecordList;
import io.varve.http.Shapes.Metadata;
import io.varve.server.RunningBroker;
import jakarta.inject.Inject;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.apache.kafka.common.header.Header;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Reads records over plain HTTP: Varve's own addition to Confluent's API. */
@Path("/v3/clusters/{cluster}/topics/{topic}/partitions/{partition}/records")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Tag(name = "Records")
public class ReadResource {
    private static final int MAX_BYTES = 8 << 20;
    private static final int MAX_WAIT_MILLIS = 30_000;

    private final Broker broker;

    @Inject
    ReadResource(Broker broker) {
        this.broker = broker;
    }

    @GET
    @Operation(
            summary = "Read records of a partition (Varve's own)",
            description = "From an offset on, oldest first. Go on with next_offset. Reading commits nothing.")
    public RecordList read(
            @PathParam("cluster") String cluster,
            @PathParam("topic") String name,
            @PathParam("partition") int partition,
            @Parameter(description = "beginning, end, or an offset.") @QueryParam("offset") @DefaultValue("beginning")
                    String offset,
            @Parameter(
                            description =
                                    "About how many bytes at most, 1 to 8388608; at least one record is read where there is one.")
                    @QueryParam("max_bytes")
                    @DefaultValue("1048576")
                    int maxBytes,
            @Parameter(description = "How many milliseconds to wait when there is nothing yet, 0 to 30000.")
                    @QueryParam("timeout")
                    @DefaultValue("0")
                    int timeout,
            @Parameter(
                            description =
                                    "How keys and values are shown: binary (base64), string or json. What is not of that type is shown as binary.")
                    @QueryParam("format")
                    @DefaultValue("binary")
                    String format,
            @Context UriInfo uri) {
        RunningBroker running = broker.cluster(cluster);
        Topic topic = Broker.topic(running, name);
        if (partition < 0 || partition >= topic.partitions()) {
            throw RestErrors.unknownTopicOrPartition();
        }
        require(maxBytes >= 1 && maxBytes <= MAX_BYTES, "max_bytes is from 1 to " + MAX_BYTES + ".");
        require(timeout >= 0 && timeout <= MAX_WAIT_MILLIS, "timeout is from 0 to " + MAX_WAIT_MILLIS + " ms.");
        RecordTypes type = RecordTypes.named(format);
        long from = LogEnds.offset(running, topic, partition, offset);
        Fetched fetched = Broker.await(running.records().read(name, partition, from, maxBytes, timeout));
        return shape(Links.of(uri, cluster), topic, partition, from, fetched, type);
    }

    private static void require(boolean good, String words) {
        if (!good) {
            throw RestException.badRequest(words);
        }
    }

    private static RecordList shape(
            Links links, Topic topic, int partition, long from, Fetched fetched, RecordTypes type) {
        List<StoredRecord> stored = fetched.records();
        String self = links.partition(topic.name(), partition) + "/records?offset=" + from;
        return new RecordList(
                "KafkaRecordList",
                new Metadata(self, null),
                fetched.logStartOffset(),
                fetched.highWatermark(),
                stored.isEmpty() ? from : stored.getLast().offset() + 1,
                stored.stream().map(message -> shape(partition, message, type)).toList());
    }

    private static RecordData shape(int partition, StoredRecord message, RecordTypes type) {
        var headers = new ArrayList<HeaderData>();
        for (Header header : message.headers()) {
            byte[] value = header.value();
            headers.add(new HeaderData(
                    header.key(), value == null ? null : Base64.getEncoder().encodeToString(value)));
        }
        return new RecordData(
                partition,
                message.offset(),
                Instant.ofEpochMilli(message.timestamp()).toString(),
                message.timestampType().toString(),
                headers,
                type.show(message.key()),
                type.show(message.value()));
    }
}
