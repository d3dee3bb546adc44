package io.varve.tier;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord.OffloadedSegment;
import io.varve.tier.OffloadBacklog.Work;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.ToIntBiFunction;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.utils.Time;
import org.jspecify.annotations.Nullable;

/** The {@link OffloadBacklog} behind a lock, on a clock, with workers that wait for it. Thread-safe. */
final class OffloadQueue {
    private static final long IDLE_MILLIS = 1_000;

    private final Object monitor = new Object();
    private final long maxWaitMillis;
    private final Time time;

    @GuardedBy("monitor")
    private final OffloadBacklog backlog;

    /** Counts changes, so that who waits for one does not miss it. */
    @GuardedBy("monitor")
    private long changes;

    @GuardedBy("monitor")
    private boolean closed;

    OffloadQueue(OffloadSettings settings, Time time, RandomGenerator random) {
        this.maxWaitMillis = settings.maxWait().toMillis();
        this.time = time;
        var backoff = new Backoff(settings.minBackoff(), settings.maxBackoff(), random);
        this.backlog = new OffloadBacklog(settings, backoff, time.nanoseconds());
    }

    void submit(Offloadable segment) {
        // Sealed long ago, or in the future by a clock that was wrong.
        long waited = Math.clamp(time.milliseconds() - segment.sealedAtMillis(), 0, maxWaitMillis);
        long patience = TimeUnit.MILLISECONDS.toNanos(maxWaitMillis - waited);
        change((b, now) -> b.add(segment, now + patience, now));
    }

    void withdraw(PartitionId partition) {
        change((b, now) -> b.withdraw(partition));
    }

    void uploaded(List<OffloadEntry> pack, List<OffloadedSegment> references, long startedNanos) {
        change((b, now) -> b.uploaded(pack, references, startedNanos, now));
    }

    int storeFailed(List<OffloadEntry> pack) {
        return changeAndCount((b, now) -> b.storeFailed(pack, now));
    }

    void unreadable(List<OffloadEntry> pack, Offloadable culprit) {
        change((b, now) -> b.unreadable(pack, culprit, now));
    }

    int referenceFailed(OffloadEntry entry) {
        return changeAndCount((b, now) -> b.referenceFailed(entry, now));
    }

    void done(OffloadEntry entry) {
        change((b, now) -> b.done(entry));
    }

    void draining(boolean draining) {
        change((b, now) -> b.draining(draining, now));
    }

    void close() {
        synchronized (monitor) {
            closed = true;
            changes++;
            monitor.notifyAll();
        }
    }

    /** Runs under the lock, with the time in nanoseconds. */
    private interface Change {
        void on(OffloadBacklog backlog, long now);
    }

    private void change(Change change) {
        synchronized (monitor) {
            change.on(backlog, time.nanoseconds());
            changes++;
            monitor.notifyAll();
        }
    }

    private int changeAndCount(ToIntBiFunction<OffloadBacklog, Long> change) {
        synchronized (monitor) {
            changes++;
            monitor.notifyAll();
            return change.applyAsInt(backlog, time.nanoseconds());
        }
    }

    /** Waits for something to do; null when closed. */
    @Nullable
    Work take() throws InterruptedException {
        while (true) {
            long seen;
            long waitMillis;
            synchronized (monitor) {
                if (closed) {
                    return null;
                }
                long now = time.nanoseconds();
                Work work = backlog.pick(now);
                if (work != null) {
                    return work;
                }
                seen = changes;
                waitMillis = millisUntil(backlog.nextDueNanos(now), now);
            }
            await(() -> changesNow() != seen, waitMillis);
        }
    }

    private static long millisUntil(long dueNanos, long now) {
        long nanos = Math.min(dueNanos - now, TimeUnit.MILLISECONDS.toNanos(IDLE_MILLIS));
        return Math.max(1, TimeUnit.NANOSECONDS.toMillis(nanos + 999_999));
    }

    private long changesNow() {
        synchronized (monitor) {
            return changes;
        }
    }

    /** Returns when what is left is not {@code seen} any more, or a second or {@code deadlineMillis} has passed. */
    void awaitProgress(Offloader.Progress seen, long deadlineMillis) throws InterruptedException {
        await(() -> !progress().equals(seen), Math.min(IDLE_MILLIS, deadlineMillis - time.milliseconds()));
    }

    private void await(Supplier<Boolean> condition, long millis) throws InterruptedException {
        try {
            time.waitObject(monitor, condition, time.milliseconds() + millis);
        } catch (TimeoutException e) {
            // The caller looks again.
        }
    }

    Offloader.Progress progress() {
        synchronized (monitor) {
            return backlog.progress();
        }
    }

    boolean hasUnreadable() {
        synchronized (monitor) {
            return backlog.hasUnreadable();
        }
    }

    double oldestWaitSeconds() {
        synchronized (monitor) {
            return backlog.oldestWaitNanos(time.nanoseconds()) / 1e9;
        }
    }
}
