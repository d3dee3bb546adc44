package io.varve.broker.records;

import io.varve.log.FetchSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A fetch that found less than it wants and waits: until enough is there, a partition closes, or its time is over. Then it runs its
 * completion, once.
 */
final class DelayedFetch implements Runnable {
    private final List<FetchTarget> targets;
    private final int minBytes;
    private final Executor executor;
    private final Runnable completion;
    private final AtomicBoolean done = new AtomicBoolean();
    private final AtomicBoolean checkScheduled = new AtomicBoolean();
    private volatile @Nullable ScheduledFuture<?> timeout;

    private DelayedFetch(List<FetchTarget> targets, int minBytes, Executor executor, Runnable completion) {
        this.targets = targets;
        this.minBytes = minBytes;
        this.executor = executor;
        this.completion = completion;
    }

    /**
     * Starts to wait.
     *
     * @param hurry ends the wait, if it completes
     * @param completion runs on {@code executor}
     */
    static void start(
            List<FetchTarget> targets,
            int minBytes,
            int maxWaitMillis,
            ScheduledExecutorService timer,
            Executor executor,
            @Nullable CompletableFuture<Void> hurry,
            Runnable completion) {
        DelayedFetch fetch = new DelayedFetch(targets, minBytes, executor, completion);
        for (FetchTarget target : targets) {
            if (target.source() != null) {
                target.source().addAdvanceListener(fetch);
            }
        }
        try {
            ScheduledFuture<?> scheduled = timer.schedule(fetch::finish, maxWaitMillis, TimeUnit.MILLISECONDS);
            fetch.timeout = scheduled;
            if (fetch.done.get()) {
                // It ended before it knew its own timeout.
                scheduled.cancel(false);
            }
        } catch (RejectedExecutionException stopping) {
            fetch.finish();
        }
        if (hurry != null) {
            CompletableFuture<Void> _ = hurry.thenRun(fetch::finish);
        }
        // What arrived between the first read and the registration above would otherwise be missed.
        fetch.run();
    }

    /** A partition has moved. This is the thread of the journal or of a copy: what may read from the disk is done elsewhere. */
    @Override
    public void run() {
        if (done.get()) {
            return;
        }
        if (minBytes <= 1) {
            check();
        } else if (checkScheduled.compareAndSet(false, true)) {
            executor.execute(() -> {
                checkScheduled.set(false);
                check();
            });
        }
    }

    private void check() {
        if (!done.get() && isSatisfiedOrFails()) {
            finish();
        }
    }

    /** What cannot be read now is for the fetch itself to say. */
    private boolean isSatisfiedOrFails() {
        try {
            return isSatisfied();
        } catch (RuntimeException e) {
            return true;
        }
    }

    private boolean isSatisfied() {
        long available = 0;
        for (FetchTarget target : targets) {
            FetchSource source = target.source();
            if (source == null || !source.isServed()) {
                return true;
            }
            if (source.highWatermark() > target.offset()) {
                available += minBytes <= 1 ? 1 : source.availableBytes(target.offset());
                if (available >= minBytes) {
                    return true;
                }
            }
        }
        return false;
    }

    private void finish() {
        if (!done.compareAndSet(false, true)) {
            return;
        }
        ScheduledFuture<?> waiting = timeout;
        if (waiting != null) {
            waiting.cancel(false);
        }
        for (FetchTarget target : targets) {
            if (target.source() != null) {
                target.source().removeAdvanceListener(this);
            }
        }
        executor.execute(completion);
    }
}
