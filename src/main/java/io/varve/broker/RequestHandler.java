package io.varve.broker;

import java.util.concurrent.CompletableFuture;

/**
 * Carries out requests of some Kafka APIs.
 *
 * <p>{@link #handle} is called on a thread of the connection's, in the order the requests arrived, and the next request of the
 * connection is only handed over when it has returned: so whatever must happen in request order (appending) happens before it
 * returns. It must not block: what waits for a disk, a store or time completes the future later, from any thread; use
 * {@link Request#onVirtualThread}. The connection answers in request order.
 */
@FunctionalInterface
public interface RequestHandler {

    /**
     * Starts a request.
     *
     * @return completes with what to send; when it completes exceptionally the client gets the error response that Kafka's own
     *     exception mapping gives ({@code AbstractRequest.getErrorResponse}), unexpected exceptions are logged
     */
    CompletableFuture<Reply> handle(Request request);
}
