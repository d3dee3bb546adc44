package io.varve.wire;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A request that was handed to its handler, which keeps its bytes until its reply is done.
 *
 * @param arrivedNanos when its last byte came in
 * @param reply of the handler
 */
record Exchange(Request request, long arrivedNanos, CompletableFuture<Reply> reply, WireMetrics metrics) {
    private static final Logger LOG = Logger.getLogger(Exchange.class);

    ApiKeys api() {
        return request.header().apiKey();
    }

    boolean isDone() {
        return reply.isDone();
    }

    /** The reply of a handler that is done, or Kafka's error response when it failed. */
    Reply outcome() {
        return reply.handle((value, failure) -> value != null && failure == null ? value : failed(failure))
                .join();
    }

    private Reply failed(@Nullable Throwable failure) {
        metrics.failed(api());
        Throwable cause = failure == null ? new IllegalStateException("the handler gave no reply") : unwrap(failure);
        if (!(cause instanceof ApiException)) {
            LOG.errorf(
                    cause,
                    "unexpected failure of a request. api=%s version=%d client_id=%s client=%s",
                    api(),
                    request.version(),
                    LogText.of(request.header().clientId()),
                    request.client().connectionId());
        }
        AbstractResponse response;
        try {
            response = request.body().getErrorResponse(0, cause);
        } catch (RuntimeException e) {
            return new Reply.Disconnect(api() + " failed and has no error response: " + e);
        }
        return response == null ? new Reply.Disconnect(api() + " failed: " + cause) : new Reply.Send(response);
    }

    private static Throwable unwrap(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    /** Gives everything back; to be called once, when nobody uses the request any more. Thread-safe. */
    void finish() {
        request.buffer().release();
        metrics.finished(api(), System.nanoTime() - arrivedNanos);
    }
}
