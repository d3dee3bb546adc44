package io.varve.wire;

import static io.varve.wire.Fakes.now;
import static io.varve.wire.Fakes.numbered;
import static io.varve.wire.Fakes.numberedReply;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.broker.RequestHandler;
import io.varve.observe.Metric;
import java.io.IOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.requests.RequestHeader;
import org.jboss.logmanager.formatters.PatternFormatter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever comes in costs its own connection, and nothing else. */
class GarbageTest {
    private static final RequestHandler ECHO = request -> now(numberedReply(Fakes.numberOf(request)));

    /** APIs whose request must have its fields set. */
    private static final Set<ApiKeys> UNSET_IS_INVALID =
            EnumSet.of(ApiKeys.DESCRIBE_ACLS, ApiKeys.CREATE_ACLS, ApiKeys.DELETE_ACLS);

    private static void assertServed(RawClient client, int number) throws IOException {
        client.send(numbered(number));
        assertThat(Fakes.numberOf(client.receive())).isEqualTo(number);
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void randomBytesCloseTheirOwnConnectionOnly(Transport transport) throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        try (TestServer server = TestServer.serving(ApiKeys.DELETE_TOPICS, ECHO)
                        .maxFrameBytes(100_000)
                        .transport(transport)
                        .start();
                RawClient good = server.connect()) {
            for (int round = 0; round < 40; round++) {
                byte[] garbage = new byte[4 + random.nextInt(200_000)];
                random.nextBytes(garbage);
                if (round % 2 == 0) {
                    // A length that is believed, and then garbage.
                    ByteBuffer.wrap(garbage).putInt(0, 8 + random.nextInt(50_000));
                }
                try (RawClient bad = server.connect()) {
                    sendWhatIsTaken(bad, garbage);
                    if (round % 2 == 1) {
                        assertThat(bad.isClosedByServer())
                                .as("seed %d round %d", seed, round)
                                .isTrue();
                    }
                }
                assertServed(good, round);
            }
        }
    }

    /** The server may close in the middle of it. */
    private static void sendWhatIsTaken(RawClient client, byte[] bytes) throws IOException {
        try {
            client.sendBytes(bytes);
        } catch (SocketException closed) {
            assertThat(closed).hasMessageMatching(".*(reset|closed|Broken pipe|abort).*");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 3, 100_001, 0x47455420, Integer.MAX_VALUE})
    void aLengthOutOfBoundsIsOneLogLineAndAClosedConnection(int length) throws Exception {
        try (LogLines log = new LogLines(Connection.class);
                TestServer server = TestServer.serving(ApiKeys.DELETE_TOPICS, ECHO)
                        .maxFrameBytes(100_000)
                        .start();
                RawClient good = server.connect();
                RawClient bad = server.connect()) {
            bad.sendBytes(ByteBuffer.allocate(60).putInt(length).array());

            assertThat(bad.isClosedByServer()).isTrue();
            assertThat(log.warnings)
                    .singleElement()
                    .asString()
                    .contains(
                            "client=127.0.0.1:", "a frame of " + length + " bytes", "socket.request.max.bytes=100000");
            assertThat(server.count(Metric.BAD_FRAMES)).isEqualTo(1);
            assertServed(good, 1);
        }
    }

    @Test
    void whatIsNotServedIsOneLogLineAndAClosedConnection() throws Exception {
        try (LogLines log = new LogLines(Connection.class);
                TestServer server =
                        TestServer.serving(ApiKeys.DELETE_TOPICS, ECHO).start();
                RawClient bad = server.connect()) {
            byte[] unknown = ByteBuffer.allocate(20).putShort((short) 999).array();
            for (int i = 0; i < 5; i++) {
                sendWhatIsTaken(
                        bad, ByteBuffer.allocate(24).putInt(20).put(unknown).array());
            }

            assertThat(bad.isClosedByServer()).isTrue();
            assertThat(log.warnings).singleElement().asString().contains("999");
        }
    }

    @Test
    void requestsBeforeTheGarbageWereHandedOver() throws Exception {
        Fakes.Held held = new Fakes.Held();
        try (TestServer server = TestServer.serving(ApiKeys.DELETE_TOPICS, held).start();
                RawClient client = server.connect()) {
            client.send(numbered(1));
            Fakes.HeldRequest request = held.next();
            client.sendBytes(ByteBuffer.allocate(4).putInt(-5).array());

            assertThat(client.isClosedByServer()).isTrue();
            request.answer(numberedReply(1));
        }
    }

    @Test
    void truncatedFramesLeaveNothingBehind() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        byte[] frame = RawClient.frame(
                Fakes.produce((short) -1, Fakes.records(300_000)),
                new RequestHeader(ApiKeys.PRODUCE, (short) 13, "c", 7));
        byte[] whole = ByteBuffer.allocate(4 + frame.length)
                .putInt(frame.length)
                .put(frame)
                .array();
        RequestHandler handler = request -> now(Fakes.produced());
        try (TestServer server = TestServer.serving(ApiKeys.PRODUCE, handler).start()) {
            for (int round = 0; round < 40; round++) {
                try (RawClient client = server.connect()) {
                    int cut = random.nextInt(round % 2 == 0 ? 50 : whole.length);
                    client.sendBytes(Arrays.copyOf(whole, cut));
                    if (round % 3 == 0) {
                        client.reset();
                    }
                }
            }
            server.awaitGauge(Metric.CONNECTIONS, 0);
            assertThat(server.count(Metric.BAD_FRAMES))
                    .as("seed %d: leaving is no offence", seed)
                    .isZero();
        }
    }

    /** Every API a client may ask for is parsed, fails, and is answered with an error that can be encoded, or closes its connection. */
    @Test
    void everyApiAndVersionHasAnErrorResponse() throws Exception {
        Map<ApiKeys, RequestHandler> handlers = new EnumMap<>(ApiKeys.class);
        for (ApiKeys api : ApiKeys.clientApis()) {
            handlers.put(api, request -> {
                throw new ClusterAuthorizationException("a test");
            });
        }
        try (TestServer server = TestServer.serving(handlers).start();
                RawClient good = server.connect()) {
            RequestHeader echo = new RequestHeader(ApiKeys.DELETE_TOPICS, (short) 6, "c", 1);
            for (ApiKeys api : handlers.keySet()) {
                for (short version : api.allVersions()) {
                    if (!api.isVersionEnabled(version, false) || UNSET_IS_INVALID.contains(api)) {
                        continue;
                    }
                    try (RawClient client = server.connect()) {
                        client.sendFrame(defaultRequest(api, version));
                        if (api == ApiKeys.PRODUCE) {
                            assertThat(client.isClosedByServer()).as("acks=0").isTrue();
                        } else {
                            byte[] answer = client.receiveFrame();
                            assertThat(ByteBuffer.wrap(answer).getInt())
                                    .as("%s %d", api, version)
                                    .isEqualTo(7);
                        }
                    }
                }
            }
            good.sendFrame(RawClient.frame(numbered(1), echo));
            assertThat(good.receiveFrame()).isNotEmpty();
        }
    }

    private static byte[] defaultRequest(ApiKeys api, short version) {
        RequestHeader header = new RequestHeader(api, version, "c", 7);
        ByteBuffer head = MessageUtil.toByteBufferAccessor(header.data(), header.headerVersion())
                .buffer();
        ByteBuffer body = MessageUtil.toByteBufferAccessor(api.messageType.newRequest(), version)
                .buffer();
        return ByteBuffer.allocate(head.remaining() + body.remaining())
                .put(head)
                .put(body)
                .array();
    }

    @Test
    void randomBodiesOfEveryApiNeverHurtAnybodyElse() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        Map<ApiKeys, RequestHandler> handlers = new EnumMap<>(ApiKeys.class);
        for (ApiKeys api : ApiKeys.clientApis()) {
            handlers.put(api, request -> {
                throw new ClusterAuthorizationException("a test");
            });
        }
        handlers.put(ApiKeys.DELETE_TOPICS, ECHO);
        try (TestServer server = TestServer.serving(handlers).start();
                RawClient good = server.connect()) {
            for (ApiKeys api : handlers.keySet()) {
                for (short version : api.allVersions()) {
                    byte[] frame = defaultRequest(api, version);
                    for (int i = 10; i < frame.length; i++) {
                        if (random.nextInt(4) == 0) {
                            frame[i] = (byte) random.nextInt(256);
                        }
                    }
                    try (RawClient bad = server.connect()) {
                        bad.sendFrame(frame);
                    }
                }
                assertServed(good, random.nextInt(1_000));
            }
        } catch (AssertionError | IOException e) {
            throw new AssertionError("seed " + seed, e);
        }
    }

    /** What a class logs as a warning. */
    private static final class LogLines extends Handler implements AutoCloseable {
        final CopyOnWriteArrayList<String> warnings = new CopyOnWriteArrayList<>();
        private final Logger logger;

        LogLines(Class<?> of) {
            logger = Logger.getLogger(of.getName());
            // Whatever other tests in this JVM have done to the levels above it.
            logger.setLevel(Level.ALL);
            logger.addHandler(this);
        }

        @Override
        public void publish(LogRecord line) {
            if (line.getLevel().intValue() == Level.WARNING.intValue()) {
                warnings.add(new PatternFormatter("%s").format(line));
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {
            logger.removeHandler(this);
            logger.setLevel(null);
        }
    }
}
