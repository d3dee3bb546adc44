package io.varve.tier;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.utils.Time;

/** A clock that stands still until a test moves it; waits end when it passes their deadline. */
final class ManualTime implements Time {
    private final List<Object> waiters = new ArrayList<>();
    private long millis = 1_700_000_000_000L;

    synchronized void advance(Duration by) {
        millis += by.toMillis();
        waiters.forEach(ManualTime::wake);
        notifyAll();
    }

    private static void wake(Object waiter) {
        // Not under this clock's lock: a waiter looks at the clock while it holds its own.
        Thread.ofVirtual().start(() -> {
            synchronized (waiter) {
                waiter.notifyAll();
            }
        });
    }

    @Override
    public synchronized long milliseconds() {
        return millis;
    }

    @Override
    public long nanoseconds() {
        return TimeUnit.MILLISECONDS.toNanos(milliseconds());
    }

    @Override
    public synchronized void sleep(long ms) {
        long until = millis + ms;
        while (millis < until) {
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    @Override
    public void waitObject(Object monitor, Supplier<Boolean> condition, long deadlineMs) throws InterruptedException {
        register(monitor);
        synchronized (monitor) {
            while (!condition.get()) {
                if (milliseconds() >= deadlineMs) {
                    throw new TimeoutException("deadline passed");
                }
                // A wake-up may come between the look at the clock and the wait: look again now and then.
                monitor.wait(20);
            }
        }
    }

    private synchronized void register(Object monitor) {
        if (!waiters.contains(monitor)) {
            waiters.add(monitor);
        }
    }
}
