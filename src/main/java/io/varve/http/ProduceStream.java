package io.varve.http;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import io.varve.broker.RecordService.Appended;
import io.varve.cluster.Topic;
import io.varve.http.RecordShapes.Produced;
import io.varve.http.RecordShapes.Size;
import io.varve.server.RunningBroker;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Appends the records of one request, in order, and tells the results in the same order. Records are taken on while earlier ones wait
 * for their acknowledgement, up to {@link #IN_FLIGHT} of them and {@link #IN_FLIGHT_BYTES}; then the body is not read any further.
 */
final class ProduceStream {
    static final int IN_FLIGHT = 256;
    static final int IN_FLIGHT_BYTES = 4 << 20;
    static final int MAX_OBJECT_BYTES = 16 << 20;

    private final RunningBroker broker;
    private final Topic topic;
    private final RequestBody body;
    private final MappingIterator<JsonNode> objects;
    private final BlockingQueue<Slot> slots = new ArrayBlockingQueue<>(IN_FLIGHT);
    private final Semaphore bytes = new Semaphore(IN_FLIGHT_BYTES);

    // A null result ends the stream.
    private record Slot(@Nullable CompletableFuture<Produced> result, int permits) {}

    ProduceStream(RunningBroker broker, Topic topic, InputStream body) throws IOException {
        this.broker = broker;
        this.topic = topic;
        this.body = new RequestBody(body, MAX_OBJECT_BYTES);
        this.objects = RecordTypes.MAPPER.readerFor(JsonNode.class).readValues(this.body);
    }

    /** The next record of the body, or null at its end. */
    @Nullable
    JsonNode next() throws IOException {
        body.objectBegins();
        return objects.hasNextValue() ? objects.nextValue() : null;
    }

    /** Appends one record; a record that is not well-formed fails the future. */
    CompletableFuture<Produced> append(JsonNode request) {
        try {
            return append(ProduceParser.parse(request));
        } catch (RestException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private CompletableFuture<Produced> append(ProduceParser.Parsed parsed) {
        return broker.records()
                .append(topic.name(), parsed.partition(), List.of(parsed.message()))
                .thenApply(appended -> produced(parsed, appended));
    }

    private Produced produced(ProduceParser.Parsed parsed, Appended appended) {
        return new Produced(
                200,
                broker.clusterId(),
                topic.name(),
                appended.partition(),
                appended.baseOffset(),
                Instant.ofEpochMilli(appended.timestamp()).toString(),
                size(parsed.keyType(), parsed.message().key()),
                size(parsed.valueType(), parsed.message().value()));
    }

    private static @Nullable Size size(@Nullable RecordTypes type, byte @Nullable [] bytes) {
        return type == null || bytes == null ? null : new Size(type.name(), bytes.length);
    }

    /**
     * Appends what {@code first} holds and all that follows, writing a line of JSON for each.
     *
     * @param first records that were taken from the body already
     */
    void run(List<JsonNode> first, OutputStream out) throws IOException {
        Thread reader = Thread.ofVirtual().name("http-produce").start(() -> readAll(first));
        try {
            for (Slot slot = slots.take(); slot.result() != null; slot = slots.take()) {
                writeLine(slot.result(), out);
                bytes.release(slot.permits());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            reader.interrupt();
        }
    }

    private void readAll(List<JsonNode> first) {
        try {
            for (JsonNode request : first) {
                take(request);
            }
            for (JsonNode request = next(); request != null; request = next()) {
                take(request);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        } catch (IOException | RuntimeException e) {
            enqueue(new Slot(CompletableFuture.failedFuture(unreadable(e)), 0));
        }
        enqueue(new Slot(null, 0));
    }

    private void take(JsonNode request) throws InterruptedException {
        int permits = 0;
        CompletableFuture<Produced> result;
        try {
            ProduceParser.Parsed parsed = ProduceParser.parse(request);
            permits = Math.min(parsed.sizeBytes(), IN_FLIGHT_BYTES);
            bytes.acquire(permits);
            result = append(parsed);
        } catch (RestException e) {
            result = CompletableFuture.failedFuture(e);
        }
        slots.put(new Slot(result, permits));
    }

    private void enqueue(Slot slot) {
        try {
            slots.put(slot);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** After this the body cannot be understood any more. */
    static RestException unreadable(Exception failure) {
        return switch (failure) {
            case RestException told -> told;
            case JacksonException json when json.getCause() instanceof RestException told -> told;
            case JacksonException json -> RestException.badRequest("Bad Request: " + json.getOriginalMessage());
            default -> RestException.badRequest("The request's body ended early.");
        };
    }

    private static void writeLine(CompletableFuture<Produced> result, OutputStream out) throws IOException {
        Object line;
        try {
            line = Broker.await(result);
        } catch (RestException e) {
            line = e.body();
        }
        out.write(RecordTypes.MAPPER.writeValueAsBytes(line));
        out.write('\n');
        out.flush();
    }
}
