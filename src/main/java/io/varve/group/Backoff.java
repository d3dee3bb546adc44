package io.varve.group;

import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.utils.Time;

/** Pauses between attempts: twice as long each time, from {@value #FIRST_MILLIS} to {@value #LAST_MILLIS} ms, with jitter. For one thread. */
final class Backoff {
    static final long FIRST_MILLIS = 50;
    static final long LAST_MILLIS = 5_000;

    /** How soon a pause notices that it is not wanted any more. */
    private static final long STEP_MILLIS = 200;

    private final Time time;
    private long nextMillis = FIRST_MILLIS;

    Backoff(Time time) {
        this.time = time;
    }

    /** Whether there was no pause yet. */
    boolean isFirst() {
        return nextMillis == FIRST_MILLIS;
    }

    /** Starts over: the last attempt did some good. */
    void reset() {
        nextMillis = FIRST_MILLIS;
    }

    /** Pauses; false as soon as {@code stop} holds. */
    boolean pause(BooleanSupplier stop) {
        long left = nextMillis / 2 + ThreadLocalRandom.current().nextLong(nextMillis / 2 + 1);
        nextMillis = Math.min(LAST_MILLIS, nextMillis * 2);
        while (left > 0 && !stop.getAsBoolean()) {
            long step = Math.min(left, STEP_MILLIS);
            time.sleep(step);
            left -= step;
        }
        return !stop.getAsBoolean();
    }
}
