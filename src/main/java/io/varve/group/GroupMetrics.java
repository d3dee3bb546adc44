package io.varve.group;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.varve.observe.Metric;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** What this part counts. Thread-safe. */
final class GroupMetrics {
    private final MeterRegistry meters;
    private final Timer commit;
    private final DistributionSummary operations;
    private final Timer load;
    private final Counter refused;
    private final Counter reloads;

    GroupMetrics(MeterRegistry meters) {
        this.meters = meters;
        commit = Metric.GROUP_COMMIT.timer(meters);
        operations = Metric.GROUP_COMMIT_OPERATIONS.summary(meters);
        load = Metric.GROUP_LOAD.timer(meters);
        refused = Metric.GROUP_REFUSED_CHANGES.counter(meters);
        reloads = Metric.GROUP_RELOADS.counter(meters);
    }

    void committed(long nanos, int count) {
        commit.record(nanos, TimeUnit.NANOSECONDS);
        operations.record(count);
    }

    void loaded(long millis) {
        load.record(millis, TimeUnit.MILLISECONDS);
    }

    void refused() {
        refused.increment();
    }

    void reloading() {
        reloads.increment();
    }

    void serving(Supplier<Number> shards) {
        Metric.GROUP_SHARDS_SERVING.gauge(meters, shards);
    }
}
