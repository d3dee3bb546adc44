package io.varve.replica;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.varve.observe.Metric;
import io.varve.replica.ForwardException.Outcome;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** What is counted of forwarded requests, by the broker that forwards. Thread-safe. */
final class ForwardMetrics {
    final Counter answered;
    final Counter sentBytes;
    final Counter receivedBytes;
    private final Map<Outcome, Counter> failures = new EnumMap<>(Outcome.class);

    ForwardMetrics(MeterRegistry meters) {
        answered = Metric.FORWARDED_REQUESTS.counter(meters, "outcome", "answered");
        sentBytes = Metric.FORWARDED_REQUEST_BYTES.counter(meters);
        receivedBytes = Metric.FORWARDED_RESPONSE_BYTES.counter(meters);
        for (Outcome outcome : Outcome.values()) {
            String name = outcome.name().toLowerCase(Locale.ROOT).replace('_', '-');
            failures.put(outcome, Metric.FORWARDED_REQUESTS.counter(meters, "outcome", name));
        }
    }

    void failed(Outcome outcome) {
        Counter counter = failures.get(outcome);
        if (counter != null) {
            counter.increment();
        }
    }
}
