package io.varve.replica;

import io.netty.util.ReferenceCounted;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Sends Kafka requests to the brokers that own what they are about. Thread-safe. */
public interface Forwarder {

    /**
     * Sends a request. Those to one broker arrive in the order of the calls, for as long as the connection holds. Never blocks: what cannot be
     * sent now fails at once.
     */
    Call forward(int broker, Outbound request);

    /**
     * A request to be sent.
     *
     * @param bytes header and body as Kafka writes them, without a length; they stay where they are
     * @param hold keeps {@code bytes} alive: retained until they are written
     * @param client of whom the request is, for the log
     * @param address of that client: 4 or 16 bytes
     * @param timeoutMillis how long the answer may take
     */
    record Outbound(List<ByteBuffer> bytes, ReferenceCounted hold, String client, byte[] address, int timeoutMillis) {}

    /** A request that was sent, or is about to be. */
    interface Call {
        /** Fails with a {@link ForwardException} only. Completed on a thread that must not block. */
        CompletableFuture<Answer> answer();

        /** Asks for an answer with what there is now. Never blocks. */
        void hurry();
    }

    /** What the other broker says. */
    sealed interface Answer {
        /**
         * The body of a response.
         *
         * @param hold keeps it alive: whoever gets the answer releases it once
         */
        record Message(ByteBuffer body, ReferenceCounted hold) implements Answer {}

        /** No response: the client does not want one. */
        record Nothing() implements Answer {}

        /** The client's connection is to be closed. */
        record HangUp(String reason) implements Answer {}
    }
}
