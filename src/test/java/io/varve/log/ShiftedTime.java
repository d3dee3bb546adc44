package io.varve.log;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.apache.kafka.common.utils.Time;

/** The machine's clock, which a test may push ahead; pauses are cut short, so that retries come at once. */
final class ShiftedTime implements Time {
    private static final long LONGEST_PAUSE_MILLIS = 2;

    private final AtomicLong shiftMillis = new AtomicLong();

    void advance(long millis) {
        shiftMillis.addAndGet(millis);
    }

    @Override
    public long milliseconds() {
        return Time.SYSTEM.milliseconds() + shiftMillis.get();
    }

    @Override
    public long nanoseconds() {
        return Time.SYSTEM.nanoseconds() + TimeUnit.MILLISECONDS.toNanos(shiftMillis.get());
    }

    @Override
    public void sleep(long millis) {
        Time.SYSTEM.sleep(Math.min(millis, LONGEST_PAUSE_MILLIS));
    }

    @Override
    public void waitObject(Object object, Supplier<Boolean> condition, long deadlineMillis)
            throws InterruptedException {
        Time.SYSTEM.waitObject(object, condition, deadlineMillis - shiftMillis.get());
    }
}
