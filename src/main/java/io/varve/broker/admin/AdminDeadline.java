package io.varve.broker.admin;

import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.utils.Time;

/**
 * How long a client waits for the answer to a request that names many topics. What has begun is finished; what has not is refused, so
 * that the client can tell what was done. Thread-safe.
 */
final class AdminDeadline {
    private final Time time;
    private final int timeoutMillis;
    private final long startedMillis;

    /** @param timeoutMillis 0 or less: do not wait, which here means no bound, since nothing is done later */
    AdminDeadline(Time time, int timeoutMillis) {
        this.time = time;
        this.timeoutMillis = timeoutMillis;
        this.startedMillis = time.hiResClockMs();
    }

    /** @throws TimeoutException when the time is up */
    void check() {
        if (timeoutMillis > 0 && time.hiResClockMs() - startedMillis >= timeoutMillis) {
            throw new TimeoutException("The request's timeout of " + timeoutMillis
                    + " ms was over before this topic's turn: nothing was changed.");
        }
    }
}
