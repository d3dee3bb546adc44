package io.varve.wire;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.ReferenceCounted;
import io.varve.broker.Reply;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.requests.AbstractResponse;
import org.jboss.logging.Logger;

/**
 * The requests of one connection that were started, answered in the order they came. A request counts until its reply has left, so a
 * client that does not read keeps no more than a bounded number of replies here, however small they are to Netty (a file region counts
 * nothing there). Everything runs on the connection's event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Netty reports failures on the channel
final class ReplyQueue {
    private static final Logger LOG = Logger.getLogger(ReplyQueue.class);

    private final ChannelHandlerContext ctx;
    private final WireMetrics metrics;
    private final Owner owner;
    private final ArrayDeque<Exchange> inFlight = new ArrayDeque<>();
    private final AtomicBoolean turnScheduled = new AtomicBoolean();
    private int unsent;
    private boolean stopped;

    /** Whose replies these are. */
    interface Owner {
        /** Replies may be ready to be sent, or there may be room for more requests. */
        void turn();

        /** A reply has left. */
        void sent();

        /** The connection is to be closed once what was written before has left. */
        void disconnect(String reason);
    }

    ReplyQueue(ChannelHandlerContext ctx, WireMetrics metrics, Owner owner) {
        this.ctx = ctx;
        this.metrics = metrics;
        this.owner = owner;
    }

    /** Requests without a reply. */
    int inFlight() {
        return inFlight.size();
    }

    /** Replies the socket has not taken yet. */
    int unsent() {
        return unsent;
    }

    void add(Exchange exchange) {
        inFlight.add(exchange);
        if (!exchange.isDone()) {
            exchange.reply().whenComplete((reply, failure) -> scheduleTurn());
        }
    }

    boolean isReplyReady() {
        return !inFlight.isEmpty() && inFlight.peek().isDone();
    }

    /** Asks for a turn of the owner's soon; replies that become ready at about the same time share it. From any thread. */
    void scheduleTurn() {
        if (turnScheduled.compareAndSet(false, true)) {
            try {
                ctx.executor().execute(() -> {
                    turnScheduled.set(false);
                    owner.turn();
                });
            } catch (RejectedExecutionException e) {
                LOG.debugf("the listener has stopped. cause=%s", e.getMessage());
            }
        }
    }

    /** Sends the replies whose turn it is. */
    void sendReady() {
        boolean wrote = false;
        while (!stopped && isReplyReady()) {
            Exchange done = inFlight.remove();
            try {
                wrote |= send(done);
            } finally {
                done.finish();
            }
        }
        if (wrote) {
            ctx.flush();
        }
    }

    private boolean send(Exchange done) {
        return switch (done.outcome()) {
            case Reply.Nothing nothing -> false;
            case Reply.Disconnect(String reason) -> {
                owner.disconnect(reason);
                yield false;
            }
            case Reply.Send send -> write(done, send);
        };
    }

    private boolean write(Exchange done, Reply.Send reply) {
        AbstractResponse response = reply.response();
        ResponseEncoder.Encoded encoded;
        try {
            encoded = ResponseEncoder.encode(ctx.alloc(), done.request().header(), response);
        } catch (RuntimeException | OutOfMemoryError e) {
            // Netty says with an error that there is no direct memory left: this reply's trouble, and passing.
            Replies.discard(reply);
            metrics.failed(done.api());
            LOG.errorf(
                    e,
                    "cannot encode a response. api=%s version=%d client=%s",
                    done.api(),
                    done.request().version(),
                    done.request().client().connectionId());
            owner.disconnect("the response to " + done.api() + " cannot be encoded");
            return false;
        }
        metrics.bytesOut.increment(encoded.bytes());
        unsent++;
        List<Object> parts = encoded.parts();
        for (Object part : parts.subList(0, parts.size() - 1)) {
            ctx.write(part, ctx.voidPromise());
        }
        ctx.write(parts.getLast()).addListener(written -> sent((ChannelFuture) written, reply));
        return true;
    }

    private void sent(ChannelFuture written, Reply.Send reply) {
        unsent--;
        // Netty ends every write, if not by writing then by failing it: nothing reads them from here on.
        reply.holds().forEach(ReferenceCounted::release);
        if (!written.isSuccess()) {
            ctx.close();
        } else {
            owner.sent();
        }
    }

    /** Sends no more: what is in flight is given back as its handlers finish. */
    void stop() {
        stopped = true;
        for (Exchange abandoned : inFlight) {
            CompletableFuture<Reply> _ = abandoned.reply().whenComplete((reply, failure) -> {
                if (reply != null) {
                    Replies.discard(reply);
                }
                abandoned.finish();
            });
        }
        inFlight.clear();
    }

    /** Closes the connection when everything written before has left. */
    void closeWhenSent() {
        ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }
}
