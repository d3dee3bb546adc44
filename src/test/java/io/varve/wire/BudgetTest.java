package io.varve.wire;

import static io.varve.wire.Fakes.now;
import static io.varve.wire.TestServer.MIB;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.varve.broker.RequestHandler;
import io.varve.observe.Metric;
import io.varve.wire.Fakes.Held;
import io.varve.wire.Fakes.HeldRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The one budget of memory for requests, over real sockets. */
class BudgetTest {
    private static final short ALL = -1;

    private static byte[] produceFrame(int valueBytes) {
        ProduceRequest request = Fakes.produce(ALL, Fakes.records(valueBytes));
        return RawClient.frame(request, new RequestHeader(ApiKeys.PRODUCE, request.version(), "raw", 1));
    }

    /** The length and the first {@code bytes} of a frame. */
    private static byte[] start(byte[] frame, int bytes) {
        return ByteBuffer.allocate(Integer.BYTES + bytes)
                .putInt(frame.length)
                .put(frame, 0, bytes)
                .array();
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void stopsReadingSocketsWhenUsedUpAndReadsOnWhenMemoryComesBack(Transport transport) throws Exception {
        Held held = new Held();
        int clients = 4;
        int perClient = 3;
        try (TestServer server = TestServer.serving(ApiKeys.PRODUCE, held)
                .budgetBytes(2 * MIB)
                .transport(transport)
                .start()) {
            List<RawClient> all = new ArrayList<>();
            List<Thread> sending = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                RawClient client = server.connect();
                all.add(client);
                sending.add(Thread.ofVirtual().start(() -> {
                    for (int n = 0; n < perClient; n++) {
                        send(client, Fakes.produce(ALL, Fakes.records(MIB)));
                    }
                }));
            }
            List<HeldRequest> taken = new ArrayList<>(List.of(held.next(), held.next()));
            server.awaitGauge(Metric.PAUSED_CONNECTIONS, clients);
            assertThat(held.waiting()).as("the budget is for two").isZero();
            assertThat(server.gauge(Metric.REQUEST_BYTES_IN_FLIGHT)).isBetween(2.0 * MIB, 3.0 * MIB);

            for (int answered = 0; answered < clients * perClient; answered++) {
                if (answered >= 2) {
                    taken.add(held.next());
                }
                HeldRequest request = taken.get(answered);
                assertThat(Fakes.recordsOf(request.request())
                                .records()
                                .iterator()
                                .next()
                                .valueSize())
                        .isEqualTo(MIB);
                request.answer(Fakes.produced());
            }

            for (Thread thread : sending) {
                thread.join();
            }
            for (RawClient client : all) {
                for (int n = 0; n < perClient; n++) {
                    client.receive().as(ProduceResponse.class);
                }
                client.close();
            }
        }
    }

    private static void sendUnlessClosed(RawClient client, byte[] bytes) {
        try {
            client.sendBytes(bytes);
        } catch (IOException closed) {
            assertThat(closed).hasMessageContaining("closed");
        }
    }

    private static void send(RawClient client, ProduceRequest request) {
        try {
            client.send(request);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aRequestThatIsAnsweredCountsAsLongAsItsBytesAreUsed() throws Exception {
        Held held = new Held();
        try (TestServer server = TestServer.serving(ApiKeys.PRODUCE, held)
                        .budgetBytes(MIB)
                        .start();
                RawClient client = server.connect()) {
            client.send(Fakes.produce(ALL, Fakes.records(MIB)));
            HeldRequest first = held.next();
            first.request().buffer().retain();
            first.answer(Fakes.produced());
            client.receive();
            assertThat(server.gauge(Metric.REQUEST_BYTES_IN_FLIGHT)).isGreaterThan(MIB);

            client.send(Fakes.produce(ALL, Fakes.records(1000)));
            server.awaitGauge(Metric.PAUSED_CONNECTIONS, 1);
            assertThat(held.waiting()).isZero();

            first.request().buffer().release();
            held.next().answer(Fakes.produced());
            client.receive();
        }
    }

    @Test
    void aRequestLargerThanTheWholeBudgetPasses() throws Exception {
        Held held = new Held();
        try (TestServer server = TestServer.serving(ApiKeys.PRODUCE, held)
                        .budgetBytes(MIB)
                        .start();
                RawClient small = server.connect();
                RawClient large = server.connect()) {
            small.send(Fakes.produce(ALL, Fakes.records(1000)));
            HeldRequest first = held.next();
            byte[] value = new byte[20 * MIB];
            Arrays.fill(value, (byte) 7);
            MemoryRecords records = MemoryRecords.withRecords(Compression.NONE, new SimpleRecord(value));
            large.send(Fakes.produce(ALL, records));

            HeldRequest second = held.next();

            MemoryRecords arrived = Fakes.recordsOf(second.request());
            assertThat(arrived.buffer()).isEqualTo(records.buffer());
            first.answer(Fakes.produced());
            second.answer(Fakes.produced());
            small.receive();
            large.receive();
        }
    }

    @Test
    void waitingFetchesDoNotEatTheBudgetOfProduce() throws Exception {
        Held fetches = new Held();
        RequestHandler produces = request -> now(Fakes.produced());
        try (TestServer server = TestServer.serving(Map.of(ApiKeys.FETCH, fetches, ApiKeys.PRODUCE, produces))
                        .budgetBytes(64 * 1024)
                        .start();
                RawClient consumer = server.connect();
                RawClient producer = server.connect()) {
            for (int i = 0; i < 60; i++) {
                consumer.send(Fakes.fetch());
            }
            List<HeldRequest> waiting = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                waiting.add(fetches.next());
            }

            for (int i = 0; i < 10; i++) {
                producer.send(Fakes.produce(ALL, Fakes.records(50_000)));
                producer.receive().as(ProduceResponse.class);
            }

            waiting.forEach(fetch -> fetch.answer(Fakes.fetched(Fakes.records(10))));
            for (int i = 0; i < 60; i++) {
                consumer.receive();
            }
        }
    }

    @Test
    void framesThatAreComingInCountFromTheTimeTheyNeedMemory() throws Exception {
        try (TestServer server = TestServer.serving(ApiKeys.PRODUCE, request -> now(Fakes.produced()))
                .budgetBytes(2 * MIB)
                .start()) {
            byte[] frame = produceFrame(MIB);
            List<RawClient> all = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                RawClient client = server.connect();
                client.sendBytes(start(frame, frame.length - 1));
                all.add(client);
            }

            server.awaitGauge(Metric.PAUSED_CONNECTIONS, 4);
            assertThat(server.gauge(Metric.REQUEST_BYTES_IN_FLIGHT)).isEqualTo(2.0 * frame.length);

            for (RawClient client : all) {
                client.sendBytes(new byte[] {frame[frame.length - 1]});
            }
            for (RawClient client : all) {
                client.receiveFrame();
                client.close();
            }
        }
    }

    @Test
    void aFrameThatStallsGivesWayToThoseThatWaitForItsMemory() throws Exception {
        try (TestServer server = TestServer.serving(ApiKeys.PRODUCE, request -> now(Fakes.produced()))
                        .budgetBytes(MIB)
                        .stall(Duration.ofMillis(300))
                        .start();
                RawClient stalled = server.connect();
                RawClient other = server.connect()) {
            byte[] frame = produceFrame(2 * MIB);
            stalled.sendBytes(start(frame, 100_000));
            server.awaitGauge(Metric.REQUEST_BYTES_IN_FLIGHT, frame.length);

            other.send(Fakes.produce(ALL, Fakes.records(500_000)));

            other.receive().as(ProduceResponse.class);
            assertThat(stalled.isClosedByServer()).isTrue();
            assertThat(server.count(Metric.BAD_FRAMES)).isEqualTo(1);
        }
    }

    @Test
    void aClientThatLeavesWhileItWaitsForMemoryLeavesNothingBehind() throws Exception {
        Held held = new Held();
        try (TestServer server = TestServer.serving(ApiKeys.PRODUCE, held)
                        .budgetBytes(MIB)
                        .start();
                RawClient holder = server.connect();
                RawClient next = server.connect()) {
            holder.send(Fakes.produce(ALL, Fakes.records(MIB)));
            HeldRequest holding = held.next();
            try (RawClient leaving = server.connect()) {
                leaving.sendBytes(start(produceFrame(MIB), 60_000));
                server.awaitGauge(Metric.PAUSED_CONNECTIONS, 1);
                leaving.reset();
            }
            next.send(Fakes.produce(ALL, Fakes.records(10)));
            server.awaitGauge(Metric.PAUSED_CONNECTIONS, 1);

            holding.answer(Fakes.produced());

            held.next().answer(Fakes.produced());
            next.receive().as(ProduceResponse.class);
        }
    }

    @Test
    void aConnectionThatHoldsMemoryForAFrameReadsItToItsEndWhateverElseWaits() throws Exception {
        Held held = new Held();
        try (TestServer server = TestServer.serving(ApiKeys.PRODUCE, held)
                        .maxInFlight(1)
                        .budgetBytes(MIB)
                        .socketBufferBytes(64 * 1024)
                        .start();
                RawClient client = server.connect()) {
            byte[] small = produceFrame(10);
            byte[] large = produceFrame(20 * MIB);
            client.sendBytes(ByteBuffer.allocate(small.length + 10_000)
                    .put(start(small, small.length))
                    .put(start(large, 10_000 - 2 * Integer.BYTES))
                    .array());
            HeldRequest first = held.next();

            byte[] rest = Arrays.copyOfRange(large, 10_000 - 2 * Integer.BYTES, large.length);
            Thread sending = Thread.ofVirtual().start(() -> sendUnlessClosed(client, rest));

            assertThat(sending.join(TestServer.PATIENCE))
                    .as("all of it was taken")
                    .isTrue();
            server.awaitGauge(Metric.PAUSED_CONNECTIONS, 1);
            assertThat(held.waiting()).as("there is room for one only").isZero();
            first.answer(Fakes.produced());
            held.next().answer(Fakes.produced());
            client.receiveFrame();
            client.receiveFrame();
        }
    }

    @Test
    void aClientThatDoesNotReadItsRepliesIsNotServedFurther() throws Exception {
        int maxInFlight = 8;
        AtomicInteger served = new AtomicInteger();
        RequestHandler handler = request -> {
            served.incrementAndGet();
            return now(Fakes.fetched(Fakes.records(4 * MIB)));
        };
        try (TestServer server = TestServer.serving(ApiKeys.FETCH, handler)
                        .maxInFlight(maxInFlight)
                        .socketBufferBytes(64 * 1024)
                        .start();
                RawClient client = new RawClient(server.port(), 64 * 1024)) {
            List<Integer> asked = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                asked.add(client.send(Fakes.fetch()));
            }

            server.awaitGauge(Metric.PAUSED_CONNECTIONS, 1);
            assertThat(served.get()).isLessThanOrEqualTo(maxInFlight);
            assertThat(server.buffersInUse()).isLessThan(100);

            for (int i = 0; i < asked.size(); i++) {
                assertThat(client.receive().correlationId())
                        .as("whole, and in order")
                        .isEqualTo(asked.get(i));
            }
            assertThat(served).hasValue(asked.size());
            await().atMost(TestServer.PATIENCE)
                    .untilAsserted(() -> assertThat(server.buffersInUse()).isZero());
        }
    }

    @Test
    void aClientThatNeverReadsItsReplyIsClosedAsIdle() throws Exception {
        RequestHandler handler = request -> now(Fakes.fetched(Fakes.records(8 * MIB)));
        try (TestServer server = TestServer.serving(ApiKeys.FETCH, handler)
                        .socketBufferBytes(64 * 1024)
                        .maxIdleMillis(300)
                        .start();
                RawClient client = new RawClient(server.port(), 64 * 1024)) {
            client.send(Fakes.fetch());

            server.awaitGauge(Metric.CONNECTIONS, 0);
        }
    }
}
