package io.varve.simulation;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.utils.Time;

/** The clock of a process: its nanoseconds are the simulation's, its milliseconds may be wrong. */
final class SimTime implements Time {
    /** Some day, so that times look like times. */
    private static final long EPOCH_MILLIS = 1_800_000_000_000L;

    private static final long LOOK_MILLIS = 40;

    private final Simulator simulator;
    private final long skewMillis;

    SimTime(Simulator simulator, long skewMillis) {
        this.simulator = simulator;
        this.skewMillis = skewMillis;
    }

    @Override
    public long milliseconds() {
        return EPOCH_MILLIS + skewMillis + TimeUnit.NANOSECONDS.toMillis(simulator.nanos());
    }

    @Override
    public long nanoseconds() {
        return simulator.nanos();
    }

    @Override
    public void sleep(long millis) {
        simulator.sleepMillis(millis);
    }

    @Override
    public <T> T waitForFuture(Future<T> future, long deadlineNanos)
            throws java.util.concurrent.TimeoutException, InterruptedException, ExecutionException {
        while (!future.isDone()) {
            if (nanoseconds() >= deadlineNanos) {
                throw new java.util.concurrent.TimeoutException("not in time");
            }
            sleep(LOOK_MILLIS);
        }
        return future.get();
    }

    /** Looks now and then: to be notified would leave it to a thread of the JDK when the waiting one goes on. */
    @Override
    public void waitObject(Object monitor, Supplier<Boolean> condition, long deadlineMillis)
            throws InterruptedException {
        while (!condition.get()) {
            long left = deadlineMillis - milliseconds();
            if (left <= 0) {
                throw new TimeoutException("not in time");
            }
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            sleep(Math.min(left, LOOK_MILLIS));
        }
    }
}
