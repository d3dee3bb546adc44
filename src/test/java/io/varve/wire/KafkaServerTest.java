package io.varve.wire;

import static io.varve.wire.Fakes.now;
import static io.varve.wire.Fakes.numbered;
import static io.varve.wire.Fakes.numberedReply;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.channel.epoll.Epoll;
import io.varve.broker.Apis;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import io.varve.observe.Metric;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.ServerSocket;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.errors.NotControllerException;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.Test;

class KafkaServerTest {
    private static final RequestHandler ECHO = request -> now(numberedReply(Fakes.numberOf(request)));

    private static WireSettings settings(int port) {
        return new WireSettings("127.0.0.1", port, 1000, 1, 1000, 1, 1, 1000, 1);
    }

    @Test
    void aPortInUseIsSaidInWords() throws Exception {
        try (ServerSocket taken = new ServerSocket(0)) {
            int port = taken.getLocalPort();

            assertThatThrownBy(() -> KafkaServer.start(
                            settings(port), Apis.builder().build(), Runnable::run, new SimpleMeterRegistry()))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessage("cannot listen on 127.0.0.1:" + port
                            + ": is the port in use, or the address not this machine's?");
        }
    }

    @Test
    void boundsMustBePositive() {
        assertThatThrownBy(() -> new WireSettings("h", 1, 0, 1, 1, 1, 1, 1, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("maxFrameBytes=0");
    }

    @Test
    void connectionsStayWhenNoMoreAreAccepted() throws Exception {
        try (TestServer server = TestServer.serving(ApiKeys.DELETE_TOPICS, ECHO).start();
                RawClient client = server.connect()) {
            client.send(numbered(1));
            client.receive();

            server.listener().stopAccepting();

            assertThatThrownBy(() -> new RawClient(server.port())).isInstanceOf(ConnectException.class);
            client.send(numbered(2));
            assertThat(Fakes.numberOf(client.receive())).isEqualTo(2);
        }
    }

    @Test
    void handlersLearnWhoAsks() throws Exception {
        Fakes.Held held = new Fakes.Held();
        try (TestServer server = TestServer.serving(ApiKeys.DELETE_TOPICS, held).start();
                RawClient client = server.connect()) {
            client.send(numbered(1));
            Fakes.HeldRequest first = held.next();
            Request.Client who = first.request().client();

            assertThat(who.address().isLoopbackAddress()).isTrue();
            assertThat(who.localPort()).isEqualTo(server.port());
            assertThat(who.connectionId()).startsWith("127.0.0.1:").endsWith("-1");
            assertThat(first.request().header().clientId()).isEqualTo("raw");
            assertThat(first.request()
                            .onVirtualThread(() -> Thread.currentThread().isVirtual())
                            .get(30, TimeUnit.SECONDS))
                    .isTrue();
            first.answer(numberedReply(1));
            client.receive();
        }
    }

    @Test
    void countsWhatItDoes() throws Exception {
        Map<ApiKeys, RequestHandler> handlers = Map.of(ApiKeys.DELETE_TOPICS, ECHO, ApiKeys.FETCH, request -> {
            throw new NotControllerException("a test");
        });
        try (TestServer server = TestServer.serving(handlers).start();
                RawClient client = server.connect()) {
            for (int i = 0; i < 3; i++) {
                client.send(numbered(i));
                client.receive();
            }
            client.send(Fakes.fetch());
            client.receive();

            server.awaitCount(Metric.REQUEST_FAILURES, 1);
            Timer timer = server.meters
                    .get(Metric.REQUESTS.id())
                    .tag("api", "DeleteTopics")
                    .timer();
            assertThat(timer.count()).isEqualTo(3);
            assertThat(timer.totalTime(TimeUnit.NANOSECONDS)).isPositive();
            assertThat(server.meters
                            .get(Metric.REQUEST_FAILURES.id())
                            .tag("api", "Fetch")
                            .counter()
                            .count())
                    .isEqualTo(1);
            assertThat(server.meters.get(Metric.REQUESTS.id()).timers())
                    .as("one for each API that is served")
                    .hasSize(2);
            assertThat(server.count(Metric.REQUEST_BYTES)).isBetween(60.0, 400.0);
            assertThat(server.count(Metric.RESPONSE_BYTES)).isBetween(45.0, 400.0);
            assertThat(server.gauge(Metric.CONNECTIONS)).isEqualTo(1);
        }
    }

    @Test
    void usesLinuxsOwnTransportWhereItIs() {
        assertThat(Transport.best()).isEqualTo(Epoll.isAvailable() ? Transport.EPOLL : Transport.NIO);
    }
}
