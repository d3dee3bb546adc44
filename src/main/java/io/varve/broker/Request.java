package io.varve.broker;

import io.netty.util.ReferenceCounted;
import java.net.InetAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.RequestHeader;
import org.jspecify.annotations.Nullable;

/**
 * A request on its way.
 *
 * @param header correlation id, client id, API key and version
 * @param body the parsed request; its records point into {@code buffer}
 * @param buffer the bytes the request came in and the memory they claim, released by the connection once the reply is done; whoever
 *     needs them longer retains and releases it
 * @param client who asks
 * @param blocking runs each task on a virtual thread of its own
 * @param hurry completes when an answer is wanted with what there is, by those that may wait; null when that never happens
 */
public record Request(
        RequestHeader header,
        AbstractRequest body,
        ReferenceCounted buffer,
        Client client,
        Executor blocking,
        @Nullable CompletableFuture<Void> hurry) {

    /** One that may wait as long as it says itself. */
    public Request(
            RequestHeader header, AbstractRequest body, ReferenceCounted buffer, Client client, Executor blocking) {
        this(header, body, buffer, client, blocking, null);
    }

    /**
     * The other end of a connection.
     *
     * @param connectionId unique while the broker runs, for logs
     * @param address where the client is
     * @param localPort the port the client came in by
     */
    public record Client(String connectionId, InetAddress address, int localPort) {}

    /** The body as the type it must be for this API key. */
    public <T extends AbstractRequest> T body(Class<T> type) {
        return type.cast(body);
    }

    public short version() {
        return header.apiVersion();
    }

    /** Runs {@code work}, which may block, on a virtual thread. */
    public <T> CompletableFuture<T> onVirtualThread(Supplier<T> work) {
        return CompletableFuture.supplyAsync(work, blocking);
    }
}
