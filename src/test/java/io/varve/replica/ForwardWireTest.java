package io.varve.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.util.AbstractReferenceCounted;
import io.netty.util.ReferenceCounted;
import io.varve.cluster.InternalAddress;
import io.varve.replica.ForwardException.Outcome;
import io.varve.replica.Forwarder.Answer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.utils.Time;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Forwarded requests over real connections: their order, their bounds, what is known of those that are not answered. */
class ForwardWireTest {
    private static final byte[] SECRET = "a secret of the cluster".getBytes(StandardCharsets.UTF_8);
    static final int OWNER = 2;
    private static final int MAX_FRAME = 4 << 20;
    private static final int MINUTE = 60_000;

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final TcpNetwork network = new TcpNetwork();
    private final List<AutoCloseable> open = new ArrayList<>();
    private final Host host = new Host();
    private volatile Optional<InternalAddress> address = Optional.empty();
    private Forwards.Bounds bounds = new Forwards.Bounds(1 << 20, 1 << 20, MAX_FRAME);

    @TempDir
    Path folder;

    /** Remembers what comes, and answers when it is told to. */
    private static final class Host implements ForwardHost {
        final List<String> begun = new CopyOnWriteArrayList<>();
        final Map<String, CompletableFuture<Response>> answers = new ConcurrentHashMap<>();
        final Map<String, Inbound> requests = new ConcurrentHashMap<>();

        @Override
        public CompletableFuture<Response> handle(Inbound inbound) {
            String text = StandardCharsets.US_ASCII
                    .decode(inbound.bytes().duplicate())
                    .toString();
            if (text.startsWith("refuse")) {
                throw new IllegalArgumentException("version 99 is not served");
            }
            CompletableFuture<Response> answer = new CompletableFuture<>();
            answers.put(text, answer);
            requests.put(text, inbound);
            begun.add(text);
            return answer;
        }

        void answer(String request, String... texts) {
            List<Piece> pieces = new ArrayList<>();
            for (String text : texts) {
                pieces.add(new Piece.Memory(bytes(text)));
            }
            answers.get(request).complete(new Response.Message(pieces));
        }
    }

    static final class Hold extends AbstractReferenceCounted {
        @Override
        protected void deallocate() {
            // The test's own.
        }

        @Override
        public ReferenceCounted touch(Object hint) {
            return this;
        }
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
        timer.shutdownNow();
    }

    static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }

    static ReplicaSettings settings(int broker, Versions versions) {
        Identity self = new Identity("cluster", broker, "disk-" + broker, "a", SECRET);
        return new ReplicaSettings(
                self,
                versions,
                new SecureRandom(),
                Time.SYSTEM,
                Thread.ofVirtual().factory(),
                30_000,
                MAX_FRAME);
    }

    private ReplicaServer serve(Versions versions) throws IOException {
        Network.Port port = network.listen(new InternalAddress("127.0.0.1", 0));
        address = Optional.of(new InternalAddress("127.0.0.1", port.number()));
        ReplicaServer server =
                ReplicaServer.start(settings(OWNER, versions), port, new MemoryHost(), (broker, _) -> {}, timer);
        server.takeForwarded(host);
        open.add(server);
        return server;
    }

    private Forwards forwards() {
        Forwards forwards = forwardsThatTheTestChecks();
        var _ = timer.scheduleAtFixedRate(
                forwards::check, Forwards.CHECK_MILLIS, Forwards.CHECK_MILLIS, TimeUnit.MILLISECONDS);
        return forwards;
    }

    /** Time passes on its connections when the test says so. */
    private Forwards forwardsThatTheTestChecks() {
        Forwards forwards =
                new Forwards(settings(1, Versions.CURRENT), network, _ -> address, bounds, new SimpleMeterRegistry());
        open.add(forwards);
        return forwards;
    }

    static Forwarder.Outbound request(ReferenceCounted hold, int timeoutMillis, String... texts) {
        List<ByteBuffer> pieces = new ArrayList<>();
        for (String text : texts) {
            pieces.add(bytes(text));
        }
        return new Forwarder.Outbound(pieces, hold, "10.0.0.9:5-1", new byte[] {10, 0, 0, 9}, timeoutMillis);
    }

    static Forwarder.Call send(Forwarder forwarder, String... texts) {
        return forwarder.forward(OWNER, request(new Hold(), MINUTE, texts));
    }

    private static String text(Forwarder.Call call) {
        Answer.Message message =
                (Answer.Message) call.answer().orTimeout(1, TimeUnit.MINUTES).join();
        try {
            return StandardCharsets.US_ASCII.decode(message.body()).toString();
        } finally {
            assertThat(message.hold().release()).isTrue();
        }
    }

    static Outcome outcome(Forwarder.Call call) {
        CompletionException failure = catchThrowableOfType(
                CompletionException.class,
                () -> call.answer().orTimeout(1, TimeUnit.MINUTES).join());
        return ((ForwardException) failure.getCause()).outcome();
    }

    private void awaitBegun(String... requests) {
        await().atMost(Duration.ofMinutes(1)).until(() -> host.begun.containsAll(List.of(requests)));
    }

    @Test
    void requestsArriveInTheirOrder_andAreAnsweredInAny() throws Exception {
        serve(Versions.CURRENT);
        Forwards forwards = forwards();
        List<Forwarder.Call> calls = new ArrayList<>();
        List<String> sent = new ArrayList<>();
        for (int number = 0; number < 500; number++) {
            sent.add("request " + number);
            calls.add(send(forwards, "request ", Integer.toString(number)));
        }
        awaitBegun("request 499");
        assertThat(host.begun).isEqualTo(sent);
        for (int number = 499; number >= 0; number--) {
            host.answer("request " + number, "answer ", Integer.toString(number));
        }
        for (int number = 0; number < 500; number++) {
            assertThat(text(calls.get(number))).isEqualTo("answer " + number);
        }
        assertThat(host.requests.get("request 0").address().getHostAddress()).isEqualTo("10.0.0.9");
        assertThat(host.requests.get("request 0").client()).isEqualTo("broker 1 for client 10.0.0.9:5-1");
    }

    @Test
    void whatARequestHoldsIsGivenBackWhenItIsWritten_andAtTheOwnerWhenItIsAnswered() throws Exception {
        serve(Versions.CURRENT);
        Forwards forwards = forwards();
        Hold hold = new Hold();
        Forwarder.Call call = forwards.forward(OWNER, request(hold, MINUTE, "one"));
        awaitBegun("one");
        await().until(() -> hold.refCnt() == 1);
        ReferenceCounted there = host.requests.get("one").hold();
        assertThat(there.refCnt()).isEqualTo(1);
        host.answer("one", "done");
        assertThat(text(call)).isEqualTo("done");
        await().until(() -> there.refCnt() == 0);
    }

    @Test
    void recordsOfAFileGoOverWithoutBeingHeldInMemory() throws Exception {
        serve(Versions.CURRENT);
        Forwards forwards = forwards();
        String content = "0123456789".repeat(70_000);
        Path file = Files.writeString(folder.resolve("segment"), content);
        AtomicInteger released = new AtomicInteger();
        Forwarder.Call call = send(forwards, "read");
        awaitBegun("read");
        try (FileChannel channel = FileChannel.open(file)) {
            host.answers
                    .get("read")
                    .complete(new ForwardHost.Response.Message(List.of(
                            new Piece.Memory(bytes("<")),
                            new Piece.File(channel, 5, 600_000, released::incrementAndGet),
                            new Piece.Memory(bytes(">")))));
            assertThat(text(call)).isEqualTo("<" + content.substring(5, 600_005) + ">");
            await().until(() -> released.get() == 1);
        }
    }

    @Test
    void whatIsNotAMessageComesThroughToo() throws Exception {
        serve(Versions.CURRENT);
        Forwards forwards = forwards();
        Forwarder.Call nothing = send(forwards, "nothing");
        Forwarder.Call hangUp = send(forwards, "hang up");
        Forwarder.Call refused = send(forwards, "refuse this");
        awaitBegun("nothing", "hang up");
        host.answers.get("nothing").complete(new ForwardHost.Response.Nothing());
        host.answers.get("hang up").complete(new ForwardHost.Response.HangUp("a produce with acks=0 failed"));
        assertThat(nothing.answer().get(1, TimeUnit.MINUTES)).isEqualTo(new Answer.Nothing());
        assertThat(hangUp.answer().get(1, TimeUnit.MINUTES))
                .isEqualTo(new Answer.HangUp("a produce with acks=0 failed"));
        assertThat(outcome(refused)).isEqualTo(Outcome.NOT_SENT);
    }

    @Test
    void aRequestThatMayWaitIsToldToHurry() throws Exception {
        serve(Versions.CURRENT);
        Forwards forwards = forwards();
        Forwarder.Call call = send(forwards, "poll");
        awaitBegun("poll");
        assertThat(host.requests.get("poll").hurry()).isNotDone();
        call.hurry();
        host.requests.get("poll").hurry().get(1, TimeUnit.MINUTES);
        host.answer("poll", "what there is");
        assertThat(text(call)).isEqualTo("what there is");
    }

    @Test
    void whenTheOwnerGoesAwayTheOutcomeOfWhatWasSentIsUnknown_andAtOnce() throws Exception {
        ReplicaServer server = serve(Versions.CURRENT);
        Forwards forwards = forwards();
        Forwarder.Call call = send(forwards, "append");
        awaitBegun("append");
        server.close();
        assertThat(outcome(call)).isEqualTo(Outcome.UNKNOWN);
        // And what comes after that was certainly not carried out, until the owner is there again
        assertThat(outcome(send(forwards, "another"))).isEqualTo(Outcome.NOT_SENT);
        assertThat(host.begun).containsExactly("append");
        serve(Versions.CURRENT);
        await().atMost(Duration.ofMinutes(1)).until(() -> {
            send(forwards, "again");
            return host.begun.contains("again");
        });
    }

    @Test
    void aBrokerThatDoesNotLiveAnyMoreIsNotWaitedFor() throws Exception {
        serve(Versions.CURRENT);
        Forwards forwards = forwards();
        Forwarder.Call call = send(forwards, "append");
        awaitBegun("append");
        address = Optional.empty();
        assertThat(outcome(call)).isEqualTo(Outcome.UNKNOWN);
        assertThat(outcome(send(forwards, "another"))).isEqualTo(Outcome.NOT_SENT);
    }

    @Test
    void anAnswerThatTakesTooLongIsGivenUp_andIgnoredWhenItComes() throws Exception {
        serve(Versions.CURRENT);
        Forwards forwards = forwardsThatTheTestChecks();
        Forwarder.Call late = forwards.forward(OWNER, request(new Hold(), 0, "late"));
        Forwarder.Call other = send(forwards, "other");
        awaitBegun("late", "other");
        host.answer("other", "quick");
        assertThat(text(other)).isEqualTo("quick");
        forwards.check();
        assertThat(outcome(late)).isEqualTo(Outcome.UNKNOWN);
        host.answer("late", "at last");
        Forwarder.Call next = send(forwards, "next");
        awaitBegun("next");
        host.answer("next", "fine");
        assertThat(text(next)).isEqualTo("fine");
    }

    @Test
    void answersThatNobodyTakesAreBounded_smallOnesPass() throws Exception {
        bounds = new Forwards.Bounds(1 << 20, 200_000, MAX_FRAME);
        serve(Versions.CURRENT);
        Forwards forwards = forwards();
        String large = "x".repeat(250_000);
        Forwarder.Call first = send(forwards, "first");
        Forwarder.Call second = send(forwards, "second");
        Forwarder.Call small = send(forwards, "small");
        awaitBegun("first", "second", "small");
        host.answer("first", large);
        Answer.Message kept = (Answer.Message) first.answer().get(1, TimeUnit.MINUTES);
        host.answer("second", large);
        assertThat(outcome(second)).isEqualTo(Outcome.ANSWER_DROPPED);
        host.answer("small", "ack");
        assertThat(text(small)).isEqualTo("ack");
        // And when the first one is taken there is room again
        kept.hold().release();
        Forwarder.Call third = send(forwards, "third");
        awaitBegun("third");
        host.answer("third", large);
        assertThat(text(third)).isEqualTo(large);
    }

    @Test
    void whatWaitsForASlowBrokerIsBounded() throws Exception {
        // Given a broker that takes the connection and says nothing
        Network.Port silent = network.listen(new InternalAddress("127.0.0.1", 0));
        open.add(silent);
        address = Optional.of(new InternalAddress("127.0.0.1", silent.number()));
        bounds = new Forwards.Bounds(100_000, 1 << 20, MAX_FRAME);
        Forwards forwards = forwards();
        String half = "x".repeat(60_000);
        Hold hold = new Hold();
        Forwarder.Call waits = forwards.forward(OWNER, request(hold, MINUTE, half));
        assertThat(outcome(send(forwards, half))).isEqualTo(Outcome.NOT_SENT);
        assertThat(waits.answer()).isNotDone();
        forwards.close();
        assertThat(outcome(waits)).isEqualTo(Outcome.NOT_SENT);
        assertThat(hold.refCnt()).isEqualTo(1);
    }

    @Test
    void aBrokerOfTheVersionBeforeIsNotAskedWhatItCannotDo() throws Exception {
        serve(new Versions(1, 1));
        Forwards forwards = forwards();
        CompletionException failure = catchThrowableOfType(
                CompletionException.class,
                () -> send(forwards, "produce")
                        .answer()
                        .orTimeout(1, TimeUnit.MINUTES)
                        .join());
        assertThat(failure)
                .hasMessageContaining("it speaks version 1 of the internal protocol, which cannot forward requests");
        assertThat(((ForwardException) failure.getCause()).outcome()).isEqualTo(Outcome.NOT_SENT);
        assertThat(host.begun).isEmpty();
    }

    @Test
    void whatIsForwardedBeforeTheOwnerIsReadyIsDeclined() throws Exception {
        Network.Port port = network.listen(new InternalAddress("127.0.0.1", 0));
        address = Optional.of(new InternalAddress("127.0.0.1", port.number()));
        open.add(ReplicaServer.start(
                settings(OWNER, Versions.CURRENT), port, new MemoryHost(), (broker, _) -> {}, timer));
        assertThat(outcome(send(forwards(), "too early"))).isEqualTo(Outcome.NOT_SENT);
    }
}
