package io.varve.broker.forward;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import io.varve.replica.ForwardException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;

/**
 * Has each part of a request carried out where it belongs, all at the same time, and answers when all have answered. Everything is on its way, in the
 * order of the requests, when {@link #handle} returns.
 */
final class SplitHandler implements RequestHandler {
    private final Split split;
    private final Delivery delivery;

    SplitHandler(Split split, Delivery delivery) {
        this.split = split;
        this.delivery = delivery;
    }

    @Override
    public CompletableFuture<Reply> handle(Request request) {
        List<Split.Part> parts = split.divide(request.body());
        List<CompletableFuture<Reply>> replies = new ArrayList<>(parts.size());
        for (Split.Part part : parts) {
            replies.add(delivery.deliver(request, part.broker(), part.body())
                    .reply()
                    .handle((reply, failure) ->
                            failure == null && reply != null ? reply : failed(part.body(), failure)));
        }
        return replies.size() == 1
                ? replies.getFirst()
                : CompletableFuture.allOf(replies.toArray(CompletableFuture[]::new))
                        .thenApply(done -> merge(request.body(), replies));
    }

    private Reply failed(AbstractRequest part, Throwable failure) {
        if (Failures.unwrap(failure) instanceof ForwardException e) {
            Errors error = e.outcome() == ForwardException.Outcome.NOT_SENT ? split.notSent() : split.unknown();
            return Failures.reply(part, error.exception(e.getMessage()));
        }
        return Failures.reply(part, failure);
    }

    private Reply merge(AbstractRequest request, List<CompletableFuture<Reply>> replies) {
        List<AbstractResponse> answers = new ArrayList<>(replies.size());
        for (CompletableFuture<Reply> each : replies) {
            switch (each.resultNow()) {
                case Reply.Send send -> answers.add(send.response());
                case Reply.Nothing _ -> {
                    // As all others of this request.
                }
                case Reply.Disconnect hangUp -> {
                    return hangUp;
                }
            }
        }
        return answers.isEmpty() ? new Reply.Nothing() : new Reply.Send(split.merge(request, answers));
    }
}
