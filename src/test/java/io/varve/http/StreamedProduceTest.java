package io.varve.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A produce request that goes on while it is answered, byte by byte as a client sends it. */
@QuarkusTest
@Timeout(60)
class StreamedProduceTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TestHTTPResource
    URI server;

    @Inject
    FakeLifecycle lifecycle;

    @BeforeEach
    void newBroker() {
        lifecycle.reset();
        lifecycle.broker().create("orders", 1, (short) 1, Map.of());
    }

    @Test
    void eachResultComesBeforeTheNextRecordIsSent() throws Exception {
        try (var stream = new Stream(server)) {
            for (int i = 0; i < 5; i++) {
                // When one record is sent, and nothing more
                stream.send("{\"value\": {\"type\": \"STRING\", \"data\": \"" + i + "\"}}\n");

                // Then its result is there
                assertThat(stream.nextResult().at("/offset").asInt(-1)).isEqualTo(i);
            }
            stream.end();
            assertThat(stream.atEnd()).isTrue();
        }
    }

    @Test
    void aClientThatSendsFasterThanItIsAcknowledgedIsHeldBack() throws Exception {
        // Given a broker that acknowledges nothing for now
        int records = 5000;
        var acknowledged = new CompletableFuture<Void>();
        lifecycle.broker().acknowledge = acknowledged;

        try (var stream = new Stream(server)) {
            // When far more is sent than may be in flight
            Thread sender = Thread.ofVirtual().start(() -> {
                for (int i = 0; i < records; i++) {
                    stream.send("{\"value\": {\"type\": \"STRING\", \"data\": \"" + i + "\"}}");
                }
                stream.end();
            });

            // Then so many are taken on, and no more: one is with the writer, one waits for its place
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> lifecycle.broker().count("orders") >= ProduceStream.IN_FLIGHT);
            assertThat(lifecycle.broker().count("orders")).isLessThanOrEqualTo(ProduceStream.IN_FLIGHT + 2);

            // And when they are acknowledged, every result comes, in order
            acknowledged.complete(null);
            for (int i = 0; i < records; i++) {
                assertThat(stream.nextResult().at("/offset").asInt(-1)).isEqualTo(i);
            }
            sender.join();
            assertThat(stream.atEnd()).isTrue();
            assertThat(lifecycle.broker().mostPending()).isLessThanOrEqualTo(ProduceStream.IN_FLIGHT + 2);
        }
    }

    @Test
    void oneRecordThatIsTooLargeForMemoryEndsTheStream() throws Exception {
        try (var stream = new Stream(server)) {
            // When a string is sent that never ends
            Thread sender = Thread.ofVirtual().start(() -> {
                stream.send("{\"value\": {\"type\": \"STRING\", \"data\": \"");
                String piece = "x".repeat(1 << 20);
                for (int i = 0; i < 24 && stream.send(piece); i++) {}
            });

            // Then it is refused without having been read
            JsonNode result = stream.nextResult();
            assertThat(result.at("/error_code").asInt()).isEqualTo(413);
            sender.interrupt();
        }
        assertThat(lifecycle.broker().count("orders")).isZero();
    }

    /** A chunked request and its chunked response. */
    private static final class Stream implements AutoCloseable {
        private final Socket socket;
        private final OutputStream out;
        private final BufferedReader in;
        private boolean answered;

        Stream(URI server) throws IOException {
            socket = new Socket(server.getHost(), server.getPort());
            out = socket.getOutputStream();
            in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            write(String.join(
                    "\r\n",
                    "POST /v3/clusters/test-cluster/topics/orders/records HTTP/1.1",
                    "Host: localhost",
                    "Content-Type: application/json",
                    "Transfer-Encoding: chunked",
                    "",
                    ""));
        }

        /** @return false when the other end does not take it any more */
        boolean send(String text) {
            int length = text.getBytes(StandardCharsets.UTF_8).length;
            return write(Integer.toHexString(length) + "\r\n" + text + "\r\n");
        }

        void end() {
            write("0\r\n\r\n");
        }

        private boolean write(String text) {
            try {
                out.write(text.getBytes(StandardCharsets.UTF_8));
                out.flush();
                return true;
            } catch (IOException e) {
                return false;
            }
        }

        JsonNode nextResult() throws IOException {
            return JSON.readTree(nextChunk());
        }

        boolean atEnd() throws IOException {
            return nextChunk().isEmpty();
        }

        private String nextChunk() throws IOException {
            if (!answered) {
                assertThat(in.readLine()).isEqualTo("HTTP/1.1 200 OK");
                var headers = new StringBuilder();
                for (String line = in.readLine(); !line.isEmpty(); line = in.readLine()) {
                    headers.append(line.toLowerCase(Locale.ROOT)).append('\n');
                }
                assertThat(headers).contains("transfer-encoding: chunked").contains("application/json");
                answered = true;
            }
            char[] chunk = new char[Integer.parseInt(in.readLine(), 16)];
            int read = 0;
            while (read < chunk.length) {
                read += in.read(chunk, read, chunk.length - read);
            }
            in.readLine();
            return new String(chunk);
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
