package io.varve.tier;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.Optional;
import org.apache.kafka.common.utils.Time;
import org.jspecify.annotations.Nullable;

/** Remembers since when a thing fails without a success in between. Thread-safe. */
final class OffloadHealth {
    private final String what;
    private final Duration problemAfter;
    private final Time time;

    @GuardedBy("this")
    private @Nullable String lastError;

    @GuardedBy("this")
    private long failingSinceNanos;

    /** @param what the beginning of the sentence, like "Uploads to the object store" */
    OffloadHealth(String what, Duration problemAfter, Time time) {
        this.what = what;
        this.problemAfter = problemAfter;
        this.time = time;
    }

    synchronized void failed(Throwable error) {
        if (lastError == null) {
            failingSinceNanos = time.nanoseconds();
        }
        lastError = String.valueOf(error.getMessage());
    }

    /** @return whether it failed before */
    synchronized boolean succeeded() {
        boolean recovered = lastError != null;
        lastError = null;
        return recovered;
    }

    synchronized Optional<String> problem() {
        if (lastError == null) {
            return Optional.empty();
        }
        var failing = Duration.ofNanos(time.nanoseconds() - failingSinceNanos);
        return failing.compareTo(problemAfter) < 0
                ? Optional.empty()
                : Optional.of(what + " have failed for " + failing.toSeconds() + " s: " + lastError);
    }
}
