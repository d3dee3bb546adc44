package io.varve.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.timeout.IdleStateEvent;
import io.varve.broker.Apis;
import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One client connection.
 *
 * <pre>
 *   frame -> inbox -> [room, and memory?] -> handler -> ReplyQueue -> [head done?] -> socket
 *
 *   OPEN --(broker stops)--> DRAINING --(no request in flight)--> CLOSING --(all sent)--> closed
 *     '------------(Disconnect)-----------------------------------^
 *     '------------(bad frame)---------------------------------------------------------------^
 * </pre>
 *
 * Requests are handed to their handlers in order, each as soon as the one before has been <em>started</em>; replies leave in the same
 * order. While as many are in flight as allowed, the shared {@link MemoryBudget} is used up, or the client does not read its replies,
 * the socket is not read.
 *
 * <p>Everything here, handlers too, runs on the executor of its place in the pipeline: the event loop, unless the server puts it
 * elsewhere.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Netty reports failures on the channel
final class Connection extends ChannelInboundHandlerAdapter implements ReplyQueue.Owner {
    private static final Logger LOG = Logger.getLogger(Connection.class);

    /** What the server asks of a connection, as an event in its pipeline. */
    enum Order {
        /** To answer what it has begun, and to close. */
        DRAIN
    }

    private final Shared shared;
    private final Request.Client client;
    private final ArrayDeque<Arrived> inbox = new ArrayDeque<>();
    private State state = State.OPEN;
    private boolean paused;
    private @Nullable ArrivingFrame arriving;

    @SuppressWarnings("NullAway.Init") // set before Netty calls anything else
    private ChannelHandlerContext ctx;

    @SuppressWarnings("NullAway.Init") // set before Netty calls anything else
    private ReplyQueue replies;

    /**
     * What all connections of a listener share.
     *
     * @param blocking runs each task on a virtual thread of its own
     * @param maxInFlight requests of one connection
     * @param stallMillis between two looks at a large frame on its way in
     */
    record Shared(
            Apis apis,
            RequestDecoder decoder,
            Executor blocking,
            MemoryBudget budget,
            int maxInFlight,
            long stallMillis,
            WireMetrics metrics) {}

    private enum State {
        OPEN,
        DRAINING,
        CLOSING
    }

    /** A frame that waits to be started. */
    private static final class Arrived {
        final ByteBuf frame;
        final long nanos = System.nanoTime();
        MemoryBudget.@Nullable Claim claim;

        Arrived(ByteBuf frame, MemoryBudget.@Nullable Claim claim) {
            this.frame = frame;
            this.claim = claim;
        }

        void discard() {
            frame.release();
            if (claim != null) {
                claim.giveBack();
            }
        }
    }

    Connection(Shared shared, Request.Client client) {
        this.shared = shared;
        this.client = client;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        ctx = context;
        replies = new ReplyQueue(context, shared.metrics(), this);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object frame) {
        MemoryBudget.Claim claim = null;
        if (arriving != null) {
            claim = arriving.arrived();
            arriving = null;
        }
        Arrived arrived = new Arrived((ByteBuf) frame, claim);
        if (state == State.OPEN) {
            inbox.add(arrived);
            takeOn();
        } else {
            arrived.discard();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        turn();
    }

    /** Not at once: Netty calls this in the middle of writing a reply, and no other may get in between its parts. */
    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        replies.scheduleTurn();
    }

    @Override
    public void turn() {
        replies.sendReady();
        takeOn();
        if (replies.isReplyReady()) {
            replies.scheduleTurn();
        }
        if (state == State.DRAINING && replies.inFlight() == 0) {
            closeWhenSent();
        }
    }

    @Override
    public void sent() {
        if (paused) {
            replies.scheduleTurn();
        }
    }

    /** Starts what may be started, and reads on or stops reading. */
    private void takeOn() {
        while (state == State.OPEN && hasRoom() && hasMemory(inbox.peek())) {
            start(inbox.remove());
        }
        if (state == State.OPEN) {
            read(mayRead());
        }
    }

    private boolean hasRoom() {
        return replies.inFlight() + replies.unsent() < shared.maxInFlight()
                && ctx.channel().isWritable();
    }

    private boolean hasMemory(@Nullable Arrived next) {
        if (next == null) {
            return false;
        }
        if (next.claim == null) {
            next.claim = shared.budget().claim(next.frame.readableBytes(), this::memoryGranted);
        }
        return next.claim.isGranted();
    }

    /**
     * A large frame gets its memory when all requests before it have theirs, and is then read to its end whatever else is the matter: so
     * nobody holds memory and waits for more.
     */
    private boolean mayRead() {
        if (arriving == null) {
            return inbox.isEmpty() && hasRoom();
        }
        if (inbox.isEmpty()) {
            arriving.claim(this::memoryGranted);
        }
        if (arriving.isGranted()) {
            arriving.watch(ctx, shared.stallMillis(), this::refuse);
        }
        return arriving.isGranted();
    }

    private void read(boolean on) {
        if (on == paused) {
            paused = !on;
            shared.metrics().paused.addAndGet(on ? -1 : 1);
            ctx.channel().config().setAutoRead(on);
        }
    }

    /** From any thread. */
    private void memoryGranted() {
        try {
            ctx.executor().execute(this::turn);
        } catch (RejectedExecutionException e) {
            LOG.debugf("the listener has stopped. cause=%s", e.getMessage());
        }
    }

    private void start(Arrived arrived) {
        ByteBuf frame = arrived.frame;
        shared.metrics().bytesIn.increment(frame.readableBytes());
        RequestDecoder.Decoded decoded;
        try {
            decoded = shared.decoder().decode(frame);
        } catch (FrameException e) {
            arrived.discard();
            refuse(String.valueOf(e.getMessage()));
            return;
        } catch (Throwable e) {
            arrived.discard();
            throw e;
        }
        MemoryBudget.Claim claim = arrived.claim;
        if (claim == null) {
            throw new IllegalStateException("a request is started with memory only");
        }
        Request request =
                new Request(decoded.header(), decoded.body(), new HeldFrame(frame, claim), client, shared.blocking());
        replies.add(new Exchange(request, arrived.nanos, handle(request), shared.metrics()));
    }

    private CompletableFuture<Reply> handle(Request request) {
        RequestHandler handler = shared.apis().handler(request.header().apiKey());
        if (handler == null) {
            throw new IllegalStateException("the decoder lets only served APIs through");
        }
        try {
            return handler.handle(request);
        } catch (Throwable e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        switch (event) {
            case LargeFrame frame -> {
                arriving = new ArrivingFrame(frame, shared.budget());
                takeOn();
            }
            case IdleStateEvent idle -> closeIfIdle();
            case Order order -> drain();
            default -> context.fireUserEventTriggered(event);
        }
    }

    /** Waiting for a reply or for memory is not idle; waiting for the client to read its reply is. */
    private void closeIfIdle() {
        boolean waiting = replies.inFlight() > 0 || !inbox.isEmpty() || (arriving != null && !arriving.isGranted());
        if (!waiting || replies.unsent() > 0) {
            LOG.debugf("closing an idle connection. client=%s", client.connectionId());
            ctx.close();
        }
    }

    private void drain() {
        if (state == State.OPEN) {
            stopTaking(State.DRAINING);
            turn();
        }
    }

    @Override
    public void disconnect(String reason) {
        LOG.infof("closing a connection. client=%s reason=%s", client.connectionId(), LogText.of(reason));
        closeWhenSent();
    }

    private void closeWhenSent() {
        stopTaking(State.CLOSING);
        replies.stop();
        replies.closeWhenSent();
    }

    private void refuse(String reason) {
        shared.metrics().badFrames.increment();
        LOG.warnf("closing a connection. client=%s reason=%s", client.connectionId(), LogText.of(reason));
        stopTaking(State.CLOSING);
        ctx.close();
    }

    /** No more requests: those that were not started are dropped, as if the connection had closed before they came. */
    private void stopTaking(State next) {
        if (state == State.OPEN) {
            read(false);
        }
        state = next;
        inbox.forEach(Arrived::discard);
        inbox.clear();
        if (arriving != null) {
            arriving.abandon();
            arriving = null;
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        stopTaking(State.CLOSING);
        replies.stop();
        if (paused) {
            paused = false;
            shared.metrics().paused.decrementAndGet();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (state == State.CLOSING && !(cause instanceof Error)) {
            LOG.debugf("a connection that is closing has failed. client=%s cause=%s", client.connectionId(), cause);
            context.close();
            return;
        }
        switch (cause) {
            case FrameException e -> refuse(String.valueOf(e.getMessage()));
            case IOException e -> {
                LOG.debugf("connection lost. client=%s cause=%s", client.connectionId(), e.getMessage());
                context.close();
            }
            default -> {
                LOG.errorf(cause, "closing a connection after an unexpected failure. client=%s", client.connectionId());
                context.close();
            }
        }
    }
}
