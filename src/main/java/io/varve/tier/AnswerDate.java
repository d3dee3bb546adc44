package io.varve.tier;

import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.OptionalLong;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;

/** Remembers what time an HTTP server said it was, in its last answer. Thread-safe. */
final class AnswerDate implements ExecutionInterceptor {
    private static final long NONE = Long.MIN_VALUE;

    private volatile long millis = NONE;

    /** In milliseconds since 1970, whole seconds; empty before the first answer. */
    OptionalLong millis() {
        long last = millis;
        return last == NONE ? OptionalLong.empty() : OptionalLong.of(last);
    }

    @Override
    public void afterTransmission(Context.AfterTransmission context, ExecutionAttributes attributes) {
        context.httpResponse().firstMatchingHeader("Date").ifPresent(this::note);
    }

    void note(String date) {
        try {
            millis = DateTimeFormatter.RFC_1123_DATE_TIME
                    .parse(date, Instant::from)
                    .toEpochMilli();
        } catch (DateTimeParseException e) {
            // A server that cannot tell the time: its clock is not known.
        }
    }
}
