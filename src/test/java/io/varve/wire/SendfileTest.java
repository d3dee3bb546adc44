package io.varve.wire;

import static io.varve.wire.Fakes.now;
import static io.varve.wire.TestServer.MIB;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.varve.broker.FileRecords;
import io.varve.broker.Reply;
import io.varve.broker.RequestHandler;
import io.varve.observe.Metric;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.FetchResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Records in files, to readers of all sorts. */
class SendfileTest {
    private static final int FILE_BYTES = 40 * MIB;

    @TempDir
    private Path directory;

    private final AtomicInteger released = new AtomicInteger();
    private byte[] content;
    private FileChannel file;

    @BeforeEach
    void writeAFile() throws IOException {
        content = new byte[FILE_BYTES];
        new Random(4).nextBytes(content);
        Path path = directory.resolve("segment");
        Files.write(path, content);
        file = FileChannel.open(path);
    }

    @AfterEach
    void closeTheFile() throws IOException {
        file.close();
    }

    private FileRecords slice(long position, int length) {
        return new FileRecords(file, position, length, released::incrementAndGet);
    }

    private static MemoryRecords recordsOf(RawClient.Answer answer, int partition) {
        PartitionData data = answer.as(FetchResponse.class)
                .data()
                .responses()
                .getFirst()
                .partitions()
                .get(partition);
        return (MemoryRecords) data.records();
    }

    private ByteBuffer expected(int position, int length) {
        return ByteBuffer.wrap(content, position, length);
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void sendsSlicesOfFilesBetweenTheFieldsOfAResponse(Transport transport) throws Exception {
        RequestHandler handler = request -> now(Fakes.fetched(
                slice(5, 100_000), MemoryRecords.EMPTY, Fakes.records(50), slice(0, 0), slice(1_000_000, 3_000_000)));
        try (TestServer server = TestServer.serving(ApiKeys.FETCH, handler)
                        .transport(transport)
                        .start();
                RawClient client = server.connect()) {
            for (int i = 0; i < 3; i++) {
                client.send(Fakes.fetch());
            }
            for (int i = 0; i < 3; i++) {
                RawClient.Answer answer = client.receive();
                assertThat(recordsOf(answer, 0).buffer()).isEqualTo(expected(5, 100_000));
                assertThat(recordsOf(answer, 1).sizeInBytes()).isZero();
                assertThat(recordsOf(answer, 2).records().iterator().next().valueSize())
                        .isEqualTo(50);
                assertThat(recordsOf(answer, 3).sizeInBytes()).isZero();
                assertThat(recordsOf(answer, 4).buffer()).isEqualTo(expected(1_000_000, 3_000_000));
            }
            await().atMost(TestServer.PATIENCE)
                    .untilAsserted(() -> assertThat(released).hasValue(9));
        }
        assertThat(released).as("each exactly once").hasValue(9);
        assertThat(file.isOpen()).as("the file is shared").isTrue();
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void aSlowReaderGetsABigSliceWhole(Transport transport) throws Exception {
        RequestHandler handler = request -> now(Fakes.fetched(slice(3, FILE_BYTES - 3)));
        try (TestServer server = TestServer.serving(ApiKeys.FETCH, handler)
                        .transport(transport)
                        .socketBufferBytes(32 * 1024)
                        .start();
                RawClient client = new RawClient(server.port(), 16 * 1024)) {
            client.send(Fakes.fetch());
            DataInputStream in = client.in();
            int length = in.readInt();
            int before = length - (FILE_BYTES - 3);
            assertThat(released).hasValue(0);
            byte[] received = new byte[length];
            Random sizes = new Random(1);
            int at = 0;
            while (at < length) {
                at += Math.max(0, in.read(received, at, Math.min(length - at, 1 + sizes.nextInt(9000))));
            }

            // The region is followed by the response's last fields, so the records start a little before the
            // difference.
            int start = indexOf(received, content, 3, before);
            assertThat(ByteBuffer.wrap(received, start, FILE_BYTES - 3)).isEqualTo(expected(3, FILE_BYTES - 3));
        }
        assertThat(released).hasValue(1);
    }

    private static int indexOf(byte[] received, byte[] content, int from, int latest) {
        for (int start = 0; start <= latest; start++) {
            if (ByteBuffer.wrap(received, start, 64).equals(ByteBuffer.wrap(content, from, 64))) {
                return start;
            }
        }
        throw new AssertionError("the records do not start within the first " + latest + " bytes");
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void releasesOnceWhenTheReaderGoesAwayInTheMiddle(Transport transport) throws Exception {
        RequestHandler handler =
                request -> now(Fakes.fetched(slice(0, 20 * MIB), slice(1, 20 * MIB), Fakes.records(MIB)));
        try (TestServer server = TestServer.serving(ApiKeys.FETCH, handler)
                        .transport(transport)
                        .maxInFlight(3)
                        .socketBufferBytes(32 * 1024)
                        .start();
                RawClient client = new RawClient(server.port(), 16 * 1024)) {
            for (int i = 0; i < 10; i++) {
                client.send(Fakes.fetch());
            }
            client.in().readNBytes(100_000);
            server.awaitGauge(Metric.PAUSED_CONNECTIONS, 1);
            assertThat(released).as("the first is on its way, the others wait").hasValue(0);

            client.reset();

            server.awaitGauge(Metric.CONNECTIONS, 0);
            await().atMost(TestServer.PATIENCE)
                    .untilAsserted(() -> assertThat(released).hasValue(6));
        }
        assertThat(released).as("three requests were taken on").hasValue(6);
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void aClientThatDoesNotReadFileRepliesIsNotServedFurther(Transport transport) throws Exception {
        int maxInFlight = 5;
        AtomicInteger served = new AtomicInteger();
        RequestHandler handler = request -> {
            served.incrementAndGet();
            return now(Fakes.fetched(slice(0, 10 * MIB)));
        };
        try (TestServer server = TestServer.serving(ApiKeys.FETCH, handler)
                        .transport(transport)
                        .maxInFlight(maxInFlight)
                        .socketBufferBytes(32 * 1024)
                        .start();
                RawClient client = new RawClient(server.port(), 16 * 1024)) {
            for (int i = 0; i < 12; i++) {
                client.send(Fakes.fetch());
            }
            server.awaitGauge(Metric.PAUSED_CONNECTIONS, 1);
            assertThat(served).as("a region is nothing to Netty's watermark").hasValue(maxInFlight);

            for (int i = 0; i < 12; i++) {
                assertThat(recordsOf(client.receive(), 0).sizeInBytes()).isEqualTo(10 * MIB);
            }
            assertThat(served).hasValue(12);
        }
        assertThat(released).hasValue(12);
    }

    @Test
    void repliesThatCannotBeSentAreReleased() throws Exception {
        Fakes.Held held = new Fakes.Held();
        try (TestServer server = TestServer.serving(ApiKeys.FETCH, held).start()) {
            Fakes.HeldRequest first;
            Fakes.HeldRequest second;
            Fakes.HeldRequest third;
            try (RawClient client = server.connect()) {
                client.send(Fakes.fetch());
                client.send(Fakes.fetch());
                client.send(Fakes.fetch());
                first = held.next();
                second = held.next();
                third = held.next();
                second.answer(Fakes.fetched(slice(0, 100), slice(100, 100)));
                client.reset();
            }
            server.awaitGauge(Metric.CONNECTIONS, 0);
            await().atMost(TestServer.PATIENCE)
                    .untilAsserted(() -> assertThat(released).hasValue(2));

            first.answer(Fakes.fetched(slice(0, 100)));
            third.reply().completeExceptionally(new IllegalStateException("nobody is left to hear this"));

            await().atMost(TestServer.PATIENCE)
                    .untilAsserted(() -> assertThat(released).hasValue(3));
        }
        assertThat(released).hasValue(3);
    }

    @Test
    void aResponseThatCannotBeEncodedReleasesEveryFileOnce() throws Exception {
        RequestHandler handler = request -> {
            Reply reply = Fakes.fetched(slice(0, 100), slice(100, 100), slice(200, 100));
            FetchResponse response = (FetchResponse) ((Reply.Send) reply).response();
            response.data()
                    .responses()
                    .getFirst()
                    .partitions()
                    .get(1)
                    .setAbortedTransactions(Collections.singletonList(null));
            return CompletableFuture.completedFuture(reply);
        };
        try (TestServer server = TestServer.serving(ApiKeys.FETCH, handler).start();
                RawClient client = server.connect()) {
            client.send(Fakes.fetch());

            assertThat(client.isClosedByServer()).isTrue();
            await().atMost(TestServer.PATIENCE)
                    .untilAsserted(() -> assertThat(released).hasValue(3));
        }
        assertThat(released).hasValue(3);
    }

    @Test
    void aFileThatGotShorterCostsOnlyTheConnection() throws Exception {
        RequestHandler handler = request -> now(Fakes.fetched(slice(FILE_BYTES - 10, 100_000)));
        try (TestServer server = TestServer.serving(ApiKeys.FETCH, handler).start();
                RawClient client = server.connect()) {
            client.send(Fakes.fetch());

            assertThat(client.isClosedByServer()).isTrue();
        }
        assertThat(released).hasValue(1);
    }
}
