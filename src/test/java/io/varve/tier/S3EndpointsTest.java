package io.varve.tier;

import static io.varve.tier.ObjectStoreContract.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.varve.tier.ObjectStoreException.Kind;
import io.varve.tier.S3Settings.Credentials;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The S3 store against endpoints that answer oddly. */
class S3EndpointsTest {
    @FunctionalInterface
    private interface Answer {
        void to(HttpExchange exchange) throws IOException;
    }

    private final List<String> requests = new CopyOnWriteArrayList<>();
    private volatile Answer answer = exchange -> respond(exchange, 200, "");
    private HttpServer server;
    private S3ObjectStore store;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", exchange -> {
            try (exchange) {
                String condition = exchange.getRequestHeaders().getFirst("If-None-Match");
                requests.add(exchange.getRequestMethod() + (condition == null ? "" : " if-none-match"));
                answer.to(exchange);
            }
        });
        server.start();
        URI endpoint = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
        store = new S3ObjectStore(S3Settings.defaults("us-east-1")
                .at("bucket", "")
                .compatible(endpoint, new Credentials("key", "secret"))
                .timeouts(Duration.ofSeconds(5), Duration.ofSeconds(1)));
    }

    @AfterEach
    void stop() {
        store.close();
        server.stop(0);
    }

    private static void respond(HttpExchange exchange, int status, String body) throws IOException {
        exchange.getRequestBody().readAllBytes();
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("ETag", "\"etag\"");
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    private static String error(String code) {
        return "<Error><Code>" + code + "</Code><Message>as told</Message></Error>";
    }

    @Test
    void anEndpointWithoutConditionalWritesIsUsedWithoutThem() {
        // Given
        answer = exchange -> {
            boolean conditional = exchange.getRequestHeaders().containsKey("If-None-Match");
            respond(exchange, conditional ? 501 : 200, conditional ? error("NotImplemented") : "");
        };
        // When
        store.create("a", Contents.of("x"));
        store.create("b", Contents.of("x"));
        // Then it is tried once only
        assertThat(requests).containsExactly("PUT if-none-match", "PUT", "PUT");
    }

    @ParameterizedTest
    @CsvSource({
        "503, SlowDown, UNAVAILABLE, UNAVAILABLE",
        "429, TooManyRequests, UNAVAILABLE, UNAVAILABLE",
        "500, InternalError, OUTCOME_UNKNOWN, UNAVAILABLE",
        "502, '', OUTCOME_UNKNOWN, UNAVAILABLE",
        "504, '', OUTCOME_UNKNOWN, UNAVAILABLE",
        "507, XMinioStorageFull, UNAVAILABLE, UNAVAILABLE",
        "409, ConditionalRequestConflict, UNAVAILABLE, UNAVAILABLE",
        "412, PreconditionFailed, EXISTS, EXISTS",
        "403, AccessDenied, REFUSED, REFUSED",
        "403, RequestTimeTooSkewed, REFUSED, REFUSED",
        "400, AuthorizationHeaderMalformed, REFUSED, REFUSED",
        "404, NoSuchBucket, REFUSED, REFUSED",
        "404, NoSuchKey, NOT_FOUND, NOT_FOUND",
        "416, InvalidRange, NOT_FOUND, NOT_FOUND"
    })
    void answersMeanWhatTheyMean(int status, String code, Kind creating, Kind reading) {
        answer = exchange -> respond(exchange, status, code.isEmpty() ? "" : error(code));

        assertFails(creating, () -> store.create("a", Contents.of("x")));
        assertThat(requests).as("a create is tried once").hasSize(1);
        assertFails(reading, () -> store.read("a", 0, 1));
    }

    @Test
    void anAnswerThatTricklesIsGivenUp() {
        // Given an answer that is never silent for long, and never ends
        answer = exchange -> {
            exchange.getResponseHeaders().set("Content-Range", "bytes 0-99999/100000");
            exchange.sendResponseHeaders(206, 100_000);
            for (int i = 0; i < 100_000; i++) {
                exchange.getResponseBody().write('x');
                exchange.getResponseBody().flush();
                LockSupport.parkNanos(20_000_000);
            }
        };

        assertFails(Kind.UNAVAILABLE, () -> store.read("a", 0, 100_000));
    }

    @Test
    void anAnswerThatBreaksOffIsAskedForAgain() {
        answer = exchange -> {
            exchange.getResponseHeaders().set("Content-Range", "bytes 0-3/4");
            exchange.sendResponseHeaders(206, 4);
            exchange.getResponseBody().write("ab".getBytes(StandardCharsets.UTF_8));
            if (requests.size() > 1) {
                exchange.getResponseBody().write("cd".getBytes(StandardCharsets.UTF_8));
            }
        };

        assertThat(Contents.text(store.read("a", 0, 4))).isEqualTo("abcd");
        assertThat(requests).hasSize(2);
    }
}
