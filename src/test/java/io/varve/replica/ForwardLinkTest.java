package io.varve.replica;

import static io.varve.replica.ForwardWireTest.OWNER;
import static io.varve.replica.ForwardWireTest.bytes;
import static io.varve.replica.ForwardWireTest.outcome;
import static io.varve.replica.ForwardWireTest.request;
import static io.varve.replica.ForwardWireTest.send;
import static io.varve.replica.ForwardWireTest.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.varve.cluster.InternalAddress;
import io.varve.replica.ForwardException.Outcome;
import io.varve.replica.ForwardWireTest.Hold;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections for forwarded requests that break, stick or lead nowhere. Time passes on them when the test says so. */
class ForwardLinkTest {
    private static final int MAX_QUEUED = 64 << 20;

    private final TcpNetwork network = new TcpNetwork();
    private final List<AutoCloseable> open = new CopyOnWriteArrayList<>();
    private Owner owner;
    private Forwards forwards;

    @BeforeEach
    void open() throws IOException {
        owner = new Owner();
        forwards = new Forwards(
                settings(1, Versions.CURRENT),
                network,
                _ -> Optional.of(owner.address),
                new Forwards.Bounds(MAX_QUEUED, MAX_QUEUED, MAX_QUEUED),
                new SimpleMeterRegistry());
        open.add(forwards);
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
    }

    /** An owner as a test wants it: it says who it is, and takes and answers only what it is told to. */
    private final class Owner {
        final InternalAddress address;
        private final Network.Port port;

        Owner() throws IOException {
            port = network.listen(new InternalAddress("127.0.0.1", 0));
            open.add(port);
            address = new InternalAddress("127.0.0.1", port.number());
        }

        /** The next connection, of which nothing has been read. */
        Network.Link accept() throws IOException {
            Network.Link link = port.accept();
            open.add(link);
            return link;
        }

        /** The next connection, to be read up from its first request. */
        ForwardReader greet(Network.Link link) throws IOException {
            settings(OWNER, Versions.CURRENT).handshake().accept(link);
            ForwardReader frames = new ForwardReader(link, ByteBuffer.allocate(0), MAX_QUEUED);
            assertThat(frames.next()).isTrue();
            assertThat(frames.type()).isEqualTo(ForwardFrames.FORWARDING);
            return frames;
        }
    }

    /** The number of the next request. */
    private static long nextRequest(ForwardReader frames) throws IOException {
        assertThat(frames.next()).isTrue();
        assertThat(frames.type()).isEqualTo(ForwardFrames.REQUEST);
        frames.skip();
        return frames.number();
    }

    @Test
    void aConnectionOnWhichNothingComesAnyMoreIsGivenUpForAnother() throws Exception {
        // Given a connection that swallows what is written to it
        Hold hold = new Hold();
        Forwarder.Call append = forwards.forward(OWNER, request(hold, 0, "append"));
        Forwarder.Call other = send(forwards, "other");
        ForwardReader swallowed = owner.greet(owner.accept());
        assertThat(nextRequest(swallowed)).isEqualTo(1);
        assertThat(nextRequest(swallowed)).isEqualTo(2);

        // When the first answer is late
        forwards.check();

        // Then nothing on it is waited for, and what comes goes over another one after a moment
        assertThat(outcome(append)).isEqualTo(Outcome.UNKNOWN);
        assertThat(outcome(other)).isEqualTo(Outcome.UNKNOWN);
        await().until(() -> hold.refCnt() == 1);
        assertThat(swallowed.next()).isFalse();
        assertThat(nextRequest(owner.greet(acceptAnother()))).isEqualTo(1);
    }

    @Test
    void aConnectionThatDoesNotComeAboutIsGivenUpForAnother() throws Exception {
        // Given a broker that takes connections and does not say who it is
        Hold hold = new Hold();
        Forwarder.Call append = forwards.forward(OWNER, request(hold, 0, "append"));
        owner.accept();

        forwards.check();

        assertThat(outcome(append)).isEqualTo(Outcome.NOT_SENT);
        await().until(() -> hold.refCnt() == 1);
        assertThat(nextRequest(owner.greet(acceptAnother()))).isEqualTo(1);
    }

    /** A second connection, which is made when the first has been given up for a while. */
    private Network.Link acceptAnother() throws Exception {
        CompletableFuture<Network.Link> second = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                second.complete(owner.accept());
            } catch (IOException e) {
                second.completeExceptionally(e);
            }
        });
        await().atMost(Duration.ofMinutes(1)).until(() -> {
            forwards.check();
            send(forwards, "again");
            return second.isDone();
        });
        return second.get();
    }

    @Test
    void whatWasGivenUpBeforeItWasWrittenIsNotWrittenAnyMore() throws Exception {
        // Given an owner that does not read yet, and more than the system takes for it
        send(forwards, "x".repeat(32 << 20));
        ForwardReader frames = owner.greet(owner.accept());
        Hold hold = new Hold();
        Forwarder.Call late = forwards.forward(OWNER, request(hold, 0, "late"));

        // When a request behind that has waited for too long
        forwards.check();

        // Then what it holds is given back, and it never comes
        assertThat(outcome(late)).isEqualTo(Outcome.NOT_SENT);
        await().until(() -> hold.refCnt() == 1);
        send(forwards, "next");
        assertThat(nextRequest(frames)).isEqualTo(1);
        assertThat(nextRequest(frames)).isEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(
            bytes = {ForwardFrames.ANSWER, ForwardFrames.NOTHING, ForwardFrames.HANG_UP, ForwardFrames.DECLINED, 99})
    void aRequestWhoseAnswerIsCutOffFails(byte type) throws Exception {
        Forwarder.Call call = send(forwards, "append");
        Network.Link link = owner.accept();
        assertThat(nextRequest(owner.greet(link))).isEqualTo(1);

        link.write(new ByteBuffer[] {ForwardFrames.head(type, 1, 10), bytes("half")});
        link.close();

        assertThat(outcome(call)).isEqualTo(Outcome.UNKNOWN);
    }
}
