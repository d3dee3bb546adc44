package io.varve.wire;

import io.netty.channel.ChannelHandlerContext;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A large frame on its way in: claims the memory for all of it, and once it has that, watches that the frame does arrive. A client that
 * stops in the middle of a frame must not keep memory that others wait for. On the connection's event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // the check looks after itself
final class ArrivingFrame {
    /** What a frame that holds memory others wait for must bring between two checks. */
    static final int MIN_PROGRESS_BYTES = 64 * 1024;

    private final LargeFrame frame;
    private final MemoryBudget budget;
    private MemoryBudget.@Nullable Claim claim;
    private @Nullable Future<?> check;
    private int receivedBefore;

    ArrivingFrame(LargeFrame frame, MemoryBudget budget) {
        this.frame = frame;
        this.budget = budget;
    }

    /** Claims its memory, unless that was done. */
    void claim(Runnable whenGranted) {
        if (claim == null) {
            claim = budget.claim(frame.bytes(), whenGranted);
        }
    }

    boolean isGranted() {
        return claim != null && claim.isGranted();
    }

    /**
     * Starts to look after it, unless that was done.
     *
     * @param stalled takes the reason when it does not arrive
     */
    void watch(ChannelHandlerContext ctx, long intervalMillis, Consumer<String> stalled) {
        if (check == null) {
            receivedBefore = frame.received().getAsInt();
            schedule(ctx, intervalMillis, stalled);
        }
    }

    private void schedule(ChannelHandlerContext ctx, long intervalMillis, Consumer<String> stalled) {
        check = ctx.executor()
                .schedule(() -> check(ctx, intervalMillis, stalled), intervalMillis, TimeUnit.MILLISECONDS);
    }

    private void check(ChannelHandlerContext ctx, long intervalMillis, Consumer<String> stalled) {
        int received = frame.received().getAsInt();
        if (received - receivedBefore < MIN_PROGRESS_BYTES && budget.waiting() > 0) {
            stalled.accept("a frame of " + frame.bytes() + " bytes has stalled at " + received
                    + " and holds memory that others wait for");
            return;
        }
        receivedBefore = received;
        schedule(ctx, intervalMillis, stalled);
    }

    /** It is complete: its claim, if there is one, is the caller's from now on. */
    MemoryBudget.@Nullable Claim arrived() {
        stopWatching();
        return claim;
    }

    /** It will not be complete. */
    void abandon() {
        stopWatching();
        if (claim != null) {
            claim.giveBack();
        }
    }

    private void stopWatching() {
        if (check != null) {
            check.cancel(false);
        }
    }
}
