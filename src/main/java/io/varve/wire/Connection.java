package io.varve.wire;

import io.micrometer.core.instrument.Timer;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.timeout.IdleStateEvent;
import io.varve.broker.Apis;
import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.ApiKeys;
import org.jboss.logging.Logger;

/**
 * One client connection. Everything here runs on the connection's event loop.
 *
 * <pre>
 *   frame -> inbox -> [room for one more?] -> handler -> inFlight -> [head done?] -> socket
 * </pre>
 *
 * Requests are handed to their handlers in order, each as soon as the one before has been <em>started</em>; replies leave in the same
 * order. While as many are in flight as allowed, the shared {@link MemoryBudget} is used up, or the client does not read its replies,
 * the socket is not read.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Netty reports failures on the channel
final class Connection extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = Logger.getLogger(Connection.class);

    private final Apis apis;
    private final RequestDecoder decoder;
    private final Request.Client client;
    private final Executor blocking;
    private final MemoryBudget budget;
    private final int maxInFlight;
    private final WireMetrics metrics;

    private final ArrayDeque<ByteBuf> inbox = new ArrayDeque<>();
    private final ArrayDeque<InFlight> inFlight = new ArrayDeque<>();
    private final AtomicBoolean flushScheduled = new AtomicBoolean();
    private boolean paused;
    private boolean waitingForMemory;
    private boolean closed;

    Connection(
            Apis apis,
            RequestDecoder decoder,
            Request.Client client,
            Executor blocking,
            MemoryBudget budget,
            int maxInFlight,
            WireMetrics metrics) {
        this.apis = apis;
        this.decoder = decoder;
        this.client = client;
        this.blocking = blocking;
        this.budget = budget;
        this.maxInFlight = maxInFlight;
        this.metrics = metrics;
    }

    /** A request that was started and not yet answered. */
    private record InFlight(
            RequestDecoder.Decoded request,
            ByteBuf frame,
            int bytes,
            long startNanos,
            CompletableFuture<Reply> reply) {}

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object frame) {
        if (closed) {
            ((ByteBuf) frame).release();
            return;
        }
        inbox.add((ByteBuf) frame);
        pump(ctx);
        flushReady(ctx);
    }

    /** Starts what may be started, and reads on or stops reading. */
    private void pump(ChannelHandlerContext ctx) {
        while (!closed && !inbox.isEmpty() && hasRoom(ctx)) {
            int bytes = inbox.peek().readableBytes();
            if (waitingForMemory || !budget.tryTake(bytes, () -> ctx.executor().execute(() -> memoryFreed(ctx)))) {
                waitingForMemory = true;
                break;
            }
            start(ctx, inbox.poll(), bytes);
        }
        boolean pause = !inbox.isEmpty() || !hasRoom(ctx);
        if (pause != paused && !closed) {
            paused = pause;
            metrics.paused.addAndGet(pause ? 1 : -1);
            ctx.channel().config().setAutoRead(!pause);
        }
    }

    private boolean hasRoom(ChannelHandlerContext ctx) {
        return inFlight.size() < maxInFlight && ctx.channel().isWritable();
    }

    private void memoryFreed(ChannelHandlerContext ctx) {
        waitingForMemory = false;
        pump(ctx);
        flushReady(ctx);
    }

    private void start(ChannelHandlerContext ctx, ByteBuf frame, int bytes) {
        metrics.bytesIn.increment(bytes);
        RequestDecoder.Decoded request;
        try {
            request = decoder.decode(frame);
        } catch (FrameException e) {
            frame.release();
            budget.give(bytes);
            refuse(ctx, e);
            return;
        }
        CompletableFuture<Reply> reply = handle(request, frame);
        inFlight.add(new InFlight(request, frame, bytes, System.nanoTime(), reply));
        if (!reply.isDone()) {
            CompletableFuture<Reply> _ = reply.whenComplete((value, failure) -> scheduleFlush(ctx));
        }
    }

    private CompletableFuture<Reply> handle(RequestDecoder.Decoded request, ByteBuf frame) {
        RequestHandler handler = apis.handler(request.header().apiKey());
        if (handler == null) {
            throw new IllegalStateException("the decoder lets only served APIs through");
        }
        try {
            return handler.handle(new Request(request.header(), request.body(), frame, client, blocking));
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** Replies that become ready at about the same time are sent in one go. */
    private void scheduleFlush(ChannelHandlerContext ctx) {
        if (flushScheduled.compareAndSet(false, true)) {
            ctx.executor().execute(() -> {
                flushScheduled.set(false);
                flushReady(ctx);
            });
        }
    }

    private void flushReady(ChannelHandlerContext ctx) {
        boolean wrote = false;
        while (!inFlight.isEmpty() && inFlight.peek().reply().isDone()) {
            InFlight done = inFlight.poll();
            wrote |= send(ctx, done);
            finish(done);
        }
        if (wrote) {
            ctx.flush();
        }
        pump(ctx);
        if (!inFlight.isEmpty() && inFlight.peek().reply().isDone()) {
            scheduleFlush(ctx);
        }
    }

    private boolean send(ChannelHandlerContext ctx, InFlight done) {
        return switch (outcome(done)) {
            case Reply.Nothing nothing -> false;
            case Reply.Disconnect(String reason) -> {
                LOG.infof("closing a connection. client=%s reason=%s", client.connectionId(), reason);
                ctx.close();
                yield false;
            }
            case Reply.Send send -> {
                if (closed) {
                    Replies.discard(send);
                    yield false;
                }
                List<Object> parts = encode(ctx, done, send);
                if (parts.isEmpty()) {
                    yield false;
                }
                for (int i = 0; i < parts.size() - 1; i++) {
                    ctx.write(parts.get(i), ctx.voidPromise());
                }
                ctx.write(parts.getLast()).addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
                yield true;
            }
        };
    }

    /** A response that cannot be encoded is a defect of its handler: the client must not wait for it. */
    private List<Object> encode(ChannelHandlerContext ctx, InFlight done, Reply.Send send) {
        try {
            return ResponseEncoder.encode(ctx.alloc(), done.request().header(), send.response());
        } catch (RuntimeException e) {
            LOG.errorf(
                    e,
                    "closing a connection: a response cannot be encoded. api=%s version=%d client=%s",
                    done.request().header().apiKey(),
                    done.request().header().apiVersion(),
                    client.connectionId());
            closed = true;
            ctx.close();
            return List.of();
        }
    }

    /** The reply, or Kafka's error response when the handler failed. */
    private Reply outcome(InFlight done) {
        if (!done.reply().isCompletedExceptionally()) {
            return done.reply().join();
        }
        Throwable failure = done.reply().exceptionNow();
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        ApiKeys api = done.request().header().apiKey();
        if (!(cause instanceof ApiException)) {
            LOG.errorf(cause, "unexpected failure of a request. api=%s client=%s", api, client.connectionId());
        }
        var response = done.request().body().getErrorResponse(cause);
        return response == null
                ? new Reply.Disconnect(api + " failed: " + cause.getMessage())
                : new Reply.Send(response);
    }

    private void finish(InFlight done) {
        done.frame().release();
        budget.give(done.bytes());
        Timer timer = metrics.timer(done.request().header().apiKey());
        if (timer != null) {
            timer.record(System.nanoTime() - done.startNanos(), TimeUnit.NANOSECONDS);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        pump(ctx);
        flushReady(ctx);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof IdleStateEvent && inFlight.isEmpty()) {
            LOG.debugf("closing an idle connection. client=%s", client.connectionId());
            ctx.close();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        closed = true;
        if (paused) {
            metrics.paused.decrementAndGet();
            paused = false;
        }
        inbox.forEach(ByteBuf::release);
        inbox.clear();
        // Handlers under way still use their frames: each is given back when its handler is done with it.
        for (InFlight abandoned : inFlight) {
            CompletableFuture<Reply> _ = abandoned.reply().whenComplete((reply, failure) -> {
                if (reply != null) {
                    Replies.discard(reply);
                }
                finish(abandoned);
            });
        }
        inFlight.clear();
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        switch (cause) {
            case FrameException e -> refuse(ctx, e);
            case IOException e -> {
                LOG.debugf("connection lost. client=%s cause=%s", client.connectionId(), e.getMessage());
                ctx.close();
            }
            default -> {
                LOG.errorf(cause, "closing a connection after an unexpected failure. client=%s", client.connectionId());
                ctx.close();
            }
        }
    }

    private void refuse(ChannelHandlerContext ctx, FrameException reason) {
        metrics.badFrames.increment();
        LOG.warnf("closing a connection. client=%s reason=%s", client.connectionId(), reason.getMessage());
        closed = true;
        ctx.close();
    }
}
