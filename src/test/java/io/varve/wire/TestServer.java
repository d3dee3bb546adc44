package io.varve.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.PoolArenaMetric;
import io.netty.buffer.PooledByteBufAllocator;
import io.varve.broker.Apis;
import io.varve.broker.RequestHandler;
import io.varve.observe.Metric;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.kafka.common.protocol.ApiKeys;

/** A listener with fake handlers on a free port. Closing it checks that every buffer was given back. */
final class TestServer implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(30);
    static final int MIB = 1024 * 1024;

    final MeterRegistry meters = new SimpleMeterRegistry();
    private final PooledByteBufAllocator allocator;
    private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
    private final KafkaServer server;

    private TestServer(Builder options) throws InterruptedException {
        // Without thread caches the arenas know exactly what is in use.
        allocator = new PooledByteBufAllocator(true, 1, 2, 8192, 9, 0, 0, false);
        server = new KafkaServer(
                new WireSettings(
                        WireSettings.KAFKA,
                        "127.0.0.1",
                        0,
                        options.maxFrameBytes,
                        options.maxInFlight,
                        options.budgetBytes,
                        options.maxConnections,
                        options.maxPerAddress,
                        options.maxIdleMillis,
                        2,
                        options.socketBufferBytes,
                        options.socketBufferBytes),
                options.apis(),
                blocking,
                meters,
                new KafkaServer.Inner(options.transport, allocator, options.stall));
    }

    static Builder serving(ApiKeys api, RequestHandler handler) {
        return serving(Map.of(api, handler));
    }

    static Builder serving(Map<ApiKeys, RequestHandler> handlers) {
        return new Builder(handlers);
    }

    static final class Builder {
        private final Map<ApiKeys, RequestHandler> handlers;
        private int maxFrameBytes = 100 * MIB;
        private int maxInFlight = 64;
        private long budgetBytes = 64 * MIB;
        private int maxConnections = 1000;
        private int maxPerAddress = Integer.MAX_VALUE;
        private long maxIdleMillis = 600_000;
        private int socketBufferBytes = WireSettings.SYSTEM_DEFAULT;
        private Transport transport = Transport.best();
        private Duration stall = Duration.ofSeconds(10);

        private Builder(Map<ApiKeys, RequestHandler> handlers) {
            this.handlers = handlers;
        }

        Builder maxFrameBytes(int bytes) {
            maxFrameBytes = bytes;
            return this;
        }

        Builder maxInFlight(int requests) {
            maxInFlight = requests;
            return this;
        }

        Builder budgetBytes(long bytes) {
            budgetBytes = bytes;
            return this;
        }

        Builder maxConnections(int all, int perAddress) {
            maxConnections = all;
            maxPerAddress = perAddress;
            return this;
        }

        Builder maxIdleMillis(long millis) {
            maxIdleMillis = millis;
            return this;
        }

        Builder socketBufferBytes(int bytes) {
            socketBufferBytes = bytes;
            return this;
        }

        Builder transport(Transport value) {
            transport = value;
            return this;
        }

        Builder stall(Duration value) {
            stall = value;
            return this;
        }

        private Apis apis() {
            Apis.Builder apis = Apis.builder();
            handlers.forEach(apis::serve);
            return apis.build();
        }

        TestServer start() throws InterruptedException {
            return new TestServer(this);
        }
    }

    int port() {
        return server.port();
    }

    RawClient connect() throws IOException {
        return new RawClient(port());
    }

    double gauge(Metric metric) {
        return meters.get(metric.id()).gauge().value();
    }

    double count(Metric metric) {
        return meters.get(metric.id()).counters().stream()
                .mapToDouble(counter -> counter.count())
                .sum();
    }

    void awaitGauge(Metric metric, double value) {
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(gauge(metric)).isEqualTo(value));
    }

    void awaitCount(Metric metric, double value) {
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(count(metric)).isEqualTo(value));
    }

    long buffersInUse() {
        return allocator.metric().directArenas().stream()
                .mapToLong(PoolArenaMetric::numActiveAllocations)
                .sum();
    }

    KafkaServer listener() {
        return server;
    }

    @Override
    public void close() {
        server.close();
        blocking.close();
        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(buffersInUse()).as("buffers not given back").isZero();
            assertThat(gauge(Metric.REQUEST_BYTES_IN_FLIGHT))
                    .as("claims not given back")
                    .isZero();
            assertThat(gauge(Metric.CONNECTIONS)).isZero();
            assertThat(gauge(Metric.PAUSED_CONNECTIONS)).isZero();
        });
    }
}
