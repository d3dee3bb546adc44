package io.varve.wire;

import static io.varve.wire.Fakes.now;
import static io.varve.wire.Fakes.numbered;
import static io.varve.wire.Fakes.numberedReply;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.varve.broker.Reply;
import io.varve.broker.RequestHandler;
import io.varve.observe.Metric;
import io.varve.wire.Fakes.Held;
import io.varve.wire.Fakes.HeldRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.common.errors.NotControllerException;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.MessageSizeAccumulator;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.requests.DeleteTopicsRequest;
import org.apache.kafka.common.requests.DeleteTopicsResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ConnectionTest {

    private static DeleteTopicsRequest deleting(String topic) {
        return new DeleteTopicsRequest.Builder(new DeleteTopicsRequestData()
                        .setTopics(List.of(new DeleteTopicsRequestData.DeleteTopicState().setName(topic))))
                .build();
    }

    private static short errorOf(RawClient.Answer answer) {
        return answer.as(DeleteTopicsResponse.class)
                .data()
                .responses()
                .iterator()
                .next()
                .errorCode();
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void startsRequestsInOrderWithoutWaitingForRepliesAndAnswersInOrder(Transport transport) throws Exception {
        Held held = new Held();
        try (TestServer server = TestServer.serving(ApiKeys.DELETE_TOPICS, held)
                        .transport(transport)
                        .start();
                RawClient client = server.connect()) {
            List<Integer> correlationIds = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                correlationIds.add(client.send(numbered(i)));
            }
            List<HeldRequest> started = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                started.add(held.next());
                assertThat(Fakes.numberOf(started.getLast().request())).isEqualTo(i);
            }

            for (int i : new int[] {4, 2, 3, 0, 1}) {
                started.get(i).answer(numberedReply(i));
            }

            for (int i = 0; i < 5; i++) {
                RawClient.Answer answer = client.receive();
                assertThat(answer.correlationId()).isEqualTo(correlationIds.get(i));
                assertThat(Fakes.numberOf(answer)).isEqualTo(i);
            }
        }
    }

    @Test
    void takesNoMoreRequestsThanAllowedAndGoesOnWhenOneIsAnswered() throws Exception {
        Held held = new Held();
        try (TestServer server = TestServer.serving(ApiKeys.DELETE_TOPICS, held)
                        .maxInFlight(3)
                        .start();
                RawClient client = server.connect()) {
            for (int i = 0; i < 10; i++) {
                client.send(numbered(i));
            }
            List<HeldRequest> started = List.of(held.next(), held.next(), held.next());
            server.awaitGauge(Metric.PAUSED_CONNECTIONS, 1);
            assertThat(held.waiting()).isZero();

            started.getFirst().answer(numberedReply(0));

            assertThat(Fakes.numberOf(client.receive())).isZero();
            HeldRequest fourth = held.next();
            assertThat(Fakes.numberOf(fourth.request())).isEqualTo(3);
            assertThat(held.waiting()).isZero();
            started.get(1).answer(numberedReply(1));
            started.get(2).answer(numberedReply(2));
            fourth.answer(numberedReply(3));
            for (int i = 4; i < 10; i++) {
                held.next().answer(numberedReply(i));
            }
            for (int i = 1; i < 10; i++) {
                assertThat(Fakes.numberOf(client.receive())).isEqualTo(i);
            }
            server.awaitGauge(Metric.PAUSED_CONNECTIONS, 0);
        }
    }

    @Test
    void answersManySmallPipelinedRequestsOfAHandlerThatIsDoneAtOnce() throws Exception {
        RequestHandler echo = request -> now(numberedReply(Fakes.numberOf(request)));
        try (TestServer server = TestServer.serving(ApiKeys.DELETE_TOPICS, echo)
                        .maxInFlight(4)
                        .start();
                RawClient client = server.connect()) {
            int many = 5_000;
            Thread.ofVirtual()
                    .start(() -> {
                        try {
                            for (int i = 0; i < many; i++) {
                                client.send(numbered(i));
                            }
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    })
                    .join();

            for (int i = 0; i < many; i++) {
                assertThat(Fakes.numberOf(client.receive())).isEqualTo(i);
            }
        }
    }

    @Test
    void sendsNothingForProduceWithoutAcks() throws Exception {
        Map<ApiKeys, RequestHandler> handlers = Map.of(
                ApiKeys.PRODUCE, request -> now(new Reply.Nothing()),
                ApiKeys.DELETE_TOPICS, request -> now(numberedReply(9)));
        try (TestServer server = TestServer.serving(handlers).start();
                RawClient client = server.connect()) {
            client.send(Fakes.produce((short) 0, Fakes.records(100)));
            int second = client.send(numbered(9));

            assertThat(client.receive().correlationId()).isEqualTo(second);
        }
    }

    @Test
    void aDisconnectStillSendsTheRepliesBeforeIt() throws Exception {
        Held held = new Held();
        try (TestServer server = TestServer.serving(ApiKeys.DELETE_TOPICS, held).start();
                RawClient client = server.connect()) {
            for (int i = 0; i < 4; i++) {
                client.send(numbered(i));
            }
            List<HeldRequest> started = List.of(held.next(), held.next(), held.next(), held.next());

            started.get(3).answer(numberedReply(3));
            started.get(2).answer(new Reply.Disconnect("a test"));
            started.get(1).answer(numberedReply(1));
            started.get(0).answer(numberedReply(0));

            assertThat(Fakes.numberOf(client.receive())).isEqualTo(0);
            assertThat(Fakes.numberOf(client.receive())).isEqualTo(1);
            assertThat(client.in().read())
                    .as("closed, and the reply after the disconnect is not sent")
                    .isEqualTo(-1);
        }
    }

    @Test
    void aFailedHandlerIsAnsweredWithItsErrorWhicheverWayItFailed() throws Exception {
        Map<String, RequestHandler> ways = Map.of(
                "future",
                request -> CompletableFuture.failedFuture(new NotControllerException("no")),
                "wrapped",
                request -> CompletableFuture.failedFuture(
                        new CompletionException(new CompletionException(new NotControllerException("no")))),
                "derived",
                request -> CompletableFuture.<Reply>failedFuture(new NotControllerException("no"))
                        .thenApply(reply -> reply),
                "thrown",
                request -> {
                    throw new NotControllerException("no");
                });
        for (Map.Entry<String, RequestHandler> way : ways.entrySet()) {
            try (TestServer server = TestServer.serving(ApiKeys.DELETE_TOPICS, way.getValue())
                            .start();
                    RawClient client = server.connect()) {
                client.send(deleting("t"));

                assertThat(errorOf(client.receive())).as(way.getKey()).isEqualTo(Errors.NOT_CONTROLLER.code());
                assertThat(server.count(Metric.REQUEST_FAILURES)).isEqualTo(1);
            }
        }
    }

    @Test
    void anUnexpectedFailureIsAnUnknownServerErrorAndTheConnectionGoesOn() throws Exception {
        List<RequestHandler> ways = List.of(
                request -> {
                    throw new IllegalStateException("a test: this stack trace is expected");
                },
                request -> {
                    throw new StackOverflowError("a test: this stack trace is expected");
                },
                request -> {
                    CompletableFuture<Reply> cancelled = new CompletableFuture<>();
                    cancelled.cancel(false);
                    return cancelled;
                },
                request -> CompletableFuture.completedFuture(null));
        for (RequestHandler way : ways) {
            CopyOnWriteArrayList<Integer> calls = new CopyOnWriteArrayList<>();
            RequestHandler failsOnce = request -> {
                calls.add(1);
                return calls.size() == 1 ? way.handle(request) : now(numberedReply(2));
            };
            try (TestServer server =
                            TestServer.serving(ApiKeys.DELETE_TOPICS, failsOnce).start();
                    RawClient client = server.connect()) {
                client.send(deleting("t"));
                client.send(numbered(2));

                assertThat(errorOf(client.receive())).isEqualTo(Errors.UNKNOWN_SERVER_ERROR.code());
                assertThat(Fakes.numberOf(client.receive())).isEqualTo(2);
            }
        }
    }

    @Test
    void aFailedProduceWithoutAcksClosesTheConnection() throws Exception {
        RequestHandler failing = request -> CompletableFuture.failedFuture(new NotControllerException("no"));
        try (TestServer server = TestServer.serving(ApiKeys.PRODUCE, failing).start();
                RawClient client = server.connect()) {
            client.send(Fakes.produce((short) 0, Fakes.records(10)));

            assertThat(client.isClosedByServer()).isTrue();
        }
    }

    @Test
    void aResponseThatCannotBeEncodedClosesTheConnection() throws Exception {
        RequestHandler mute = request -> now(new Reply.Send(new DeleteTopicsResponse(new DeleteTopicsResponseData()
                .setResponses(new DeleteTopicsResponseData.DeletableTopicResultCollection(
                        List.of(new DeleteTopicsResponseData.DeletableTopicResult().setName(null))
                                .iterator())))));
        try (TestServer server = TestServer.serving(ApiKeys.DELETE_TOPICS, mute).start();
                RawClient client = server.connect()) {
            client.send(new DeleteTopicsRequest.Builder(new DeleteTopicsRequestData()).build((short) 1));

            assertThat(client.isClosedByServer()).isTrue();
        }
    }

    @Test
    void aReplyThereIsNoMemoryForClosesItsConnectionAndGivesEverythingBack() throws Exception {
        DeleteTopicsResponseData huge = new DeleteTopicsResponseData() {
            @Override
            public void addSize(MessageSizeAccumulator size, ObjectSerializationCache cache, short version) {
                throw new OutOfMemoryError("as Netty says it");
            }
        };
        RequestHandler handler = request -> now(new Reply.Send(new DeleteTopicsResponse(huge)));
        try (TestServer server =
                        TestServer.serving(ApiKeys.DELETE_TOPICS, handler).start();
                RawClient client = server.connect()) {
            client.send(deleting("x"));

            assertThat(client.isClosedByServer()).isTrue();
        }
    }

    @Test
    void aSilentConnectionIsClosedButNotOneThatWaitsForItsReply() throws Exception {
        Held held = new Held();
        try (TestServer server = TestServer.serving(ApiKeys.DELETE_TOPICS, held)
                        .maxIdleMillis(200)
                        .start();
                RawClient silent = server.connect();
                RawClient waiting = server.connect()) {
            waiting.send(numbered(1));
            HeldRequest request = held.next();

            assertThat(silent.isClosedByServer()).isTrue();
            server.awaitGauge(Metric.CONNECTIONS, 1);
            request.answer(numberedReply(1));
            assertThat(Fakes.numberOf(waiting.receive())).isEqualTo(1);
            assertThat(waiting.isClosedByServer()).as("idle from now on").isTrue();
        }
    }

    @Test
    void connectionsBeyondTheLimitsAreClosedAtOnceAndAnyAfterOneLeft() throws Exception {
        RequestHandler echo = request -> now(numberedReply(1));
        for (int[] limits : new int[][] {{2, 10}, {10, 2}}) {
            try (TestServer server = TestServer.serving(ApiKeys.DELETE_TOPICS, echo)
                            .maxConnections(limits[0], limits[1])
                            .start();
                    RawClient first = server.connect();
                    RawClient second = server.connect()) {
                server.awaitGauge(Metric.CONNECTIONS, 2);
                try (RawClient third = server.connect()) {
                    assertThat(third.isClosedByServer()).isTrue();
                }
                server.awaitCount(Metric.REFUSED_CONNECTIONS, 1);
                first.send(numbered(1));
                assertThat(Fakes.numberOf(first.receive())).isEqualTo(1);

                second.reset();

                server.awaitGauge(Metric.CONNECTIONS, 1);
                try (RawClient next = server.connect()) {
                    next.send(numbered(1));
                    assertThat(Fakes.numberOf(next.receive())).isEqualTo(1);
                }
            }
        }
    }

    @Test
    void closingTheListenerAnswersWhatWasBegun() throws Exception {
        Held held = new Held();
        TestServer server = TestServer.serving(ApiKeys.DELETE_TOPICS, held).start();
        try (RawClient busy = server.connect();
                RawClient idle = server.connect()) {
            busy.send(numbered(1));
            HeldRequest request = held.next();
            // A connection that is accepted only while the listener closes has to wait for the end of its time.
            server.awaitGauge(Metric.CONNECTIONS, 2);
            Thread closing = Thread.ofVirtual().start(server::close);
            assertThat(idle.isClosedByServer()).isTrue();

            request.answer(numberedReply(1));

            assertThat(Fakes.numberOf(busy.receive())).isEqualTo(1);
            assertThat(busy.isClosedByServer()).isTrue();
            closing.join();
        }
    }

    @Test
    void closingTheListenerDoesNotWaitForEverForAReply() throws Exception {
        Held held = new Held();
        TestServer server = TestServer.serving(ApiKeys.DELETE_TOPICS, held).start();
        try (RawClient client = server.connect()) {
            client.send(numbered(1));
            HeldRequest request = held.next();

            server.listener().close();

            assertThat(client.isClosedByServer()).isTrue();
            assertThat(server.gauge(Metric.REQUEST_BYTES_IN_FLIGHT))
                    .as("the handler still uses its request")
                    .isPositive();
            request.answer(numberedReply(1));
        }
        server.close();
    }

    @Test
    void aReplyAfterTheClientHasGoneGivesEverythingBack() throws Exception {
        Held held = new Held();
        try (TestServer server = TestServer.serving(ApiKeys.PRODUCE, held).start()) {
            HeldRequest request;
            try (RawClient client = server.connect()) {
                client.send(Fakes.produce((short) -1, Fakes.records(1000)));
                request = held.next();
                client.reset();
            }
            server.awaitGauge(Metric.CONNECTIONS, 0);
            assertThat(request.request().buffer().refCnt())
                    .as("the records are still there")
                    .isEqualTo(1);
            assertThat(Fakes.recordsOf(request.request())
                            .records()
                            .iterator()
                            .next()
                            .valueSize())
                    .isEqualTo(1000);

            request.answer(Fakes.produced());

            await().atMost(TestServer.PATIENCE)
                    .untilAsserted(() ->
                            assertThat(request.request().buffer().refCnt()).isZero());
        }
    }
}
