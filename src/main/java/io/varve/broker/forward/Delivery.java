package io.varve.broker.forward;

import io.netty.util.ReferenceCounted;
import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import io.varve.replica.Forwarder;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.jspecify.annotations.Nullable;

/**
 * Brings a request, or a part of one, to the broker that can carry it out: this one by its own handlers, another by forwarding. What is brought to one
 * broker arrives in the order of the calls. Thread-safe.
 */
final class Delivery {
    private final Local local;
    private final int self;
    private final Forwarder forwarder;

    /** Finds the handler of an API; null when there is none. */
    @FunctionalInterface
    interface Local {
        @Nullable
        RequestHandler handler(ApiKeys api);
    }

    /** @param local the handlers for what is this broker's */
    Delivery(Local local, int self, Forwarder forwarder) {
        this.local = local;
        this.self = self;
        this.forwarder = forwarder;
    }

    /**
     * What was delivered.
     *
     * @param reply fails with a {@link io.varve.replica.ForwardException} when it could not be brought to another broker, or its answer not back; or
     *     with what the handler failed with
     * @param hurry asks for the reply with what there is now
     */
    record Delivered(CompletableFuture<Reply> reply, Runnable hurry) {}

    /** @param body of {@code request}, or a part of it */
    Delivered deliver(Request request, int broker, AbstractRequest body) {
        return broker == self ? toItself(request, body) : forward(request, broker, body);
    }

    private Delivered toItself(Request request, AbstractRequest body) {
        CompletableFuture<Void> hurry = new CompletableFuture<>();
        Request own =
                new Request(request.header(), body, request.buffer(), request.client(), request.blocking(), hurry);
        RequestHandler handler = local.handler(request.header().apiKey());
        if (handler == null) {
            throw new IllegalStateException("only what is served is delivered");
        }
        CompletableFuture<Reply> reply;
        try {
            reply = handler.handle(own);
        } catch (RuntimeException e) {
            reply = CompletableFuture.failedFuture(e);
        }
        return new Delivered(reply, () -> hurry.complete(null));
    }

    private Delivered forward(Request request, int broker, AbstractRequest body) {
        List<ByteBuffer> bytes = GatheredMessage.request(request.header(), body.data());
        Forwarder.Call call = forwarder.forward(
                broker,
                new Forwarder.Outbound(
                        bytes,
                        request.buffer(),
                        request.client().connectionId(),
                        request.client().address().getAddress(),
                        Patience.millis(body)));
        ApiKeys api = request.header().apiKey();
        short version = request.version();
        return new Delivered(call.answer().thenApply(answer -> reply(api, version, answer)), call::hurry);
    }

    private static Reply reply(ApiKeys api, short version, Forwarder.Answer answer) {
        return switch (answer) {
            case Forwarder.Answer.Nothing _ -> new Reply.Nothing();
            case Forwarder.Answer.HangUp(String reason) -> new Reply.Disconnect(reason);
            case Forwarder.Answer.Message(ByteBuffer body, ReferenceCounted hold) -> {
                boolean kept = false;
                try {
                    AbstractResponse response =
                            AbstractResponse.parseResponse(api, new ByteBufferAccessor(body), version);
                    // The records of a fetch stay where they are; everything else was copied by the parser.
                    kept = api == ApiKeys.FETCH;
                    yield new Reply.Send(response, kept ? List.of(hold) : List.of());
                } finally {
                    if (!kept) {
                        hold.release();
                    }
                }
            }
        };
    }
}
