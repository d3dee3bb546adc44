package io.varve.broker.admin;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.apache.kafka.common.utils.Time;

/** A clock that goes on by a fixed step whenever somebody looks at it. */
final class StepTime implements Time {
    private final AtomicLong now = new AtomicLong();
    volatile long stepMillis;

    @Override
    public long milliseconds() {
        return now.addAndGet(stepMillis);
    }

    @Override
    public long nanoseconds() {
        return milliseconds() * 1_000_000;
    }

    @Override
    public void sleep(long ms) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void waitObject(Object object, Supplier<Boolean> condition, long deadlineMs) {
        throw new UnsupportedOperationException();
    }
}
