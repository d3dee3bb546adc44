package io.varve.replica;

import io.netty.util.ReferenceCounted;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Carries out what other brokers forward to this one. Thread-safe. */
public interface ForwardHost {

    /**
     * Begins a request. Called in the order in which one broker sent them, by one thread: what must happen in that order happens before it returns.
     *
     * @return completes with what to answer, never exceptionally
     * @throws RuntimeException when the request cannot be begun: it is then certainly not carried out
     */
    CompletableFuture<Response> handle(Inbound request);

    /**
     * A request of another broker's client.
     *
     * @param bytes header and body
     * @param hold keeps {@code bytes} alive, and counts them among those in flight, until the answer is ready; whoever needs them longer retains and
     *     releases it
     * @param client how the other broker calls its client, for the log
     * @param address where that client is
     * @param hurry completes when an answer is wanted with what there is
     */
    record Inbound(
            ByteBuffer bytes,
            ReferenceCounted hold,
            String client,
            InetAddress address,
            CompletableFuture<Void> hurry) {}

    /** What to answer. */
    sealed interface Response {
        /** The body of a response. */
        record Message(List<Piece> pieces) implements Response {}

        /** Nothing, as the client wants it. */
        record Nothing() implements Response {}

        /** That the client's connection is to be closed. */
        record HangUp(String reason) implements Response {}
    }
}
