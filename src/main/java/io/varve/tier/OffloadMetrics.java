package io.varve.tier;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.varve.observe.Metric;
import java.util.concurrent.TimeUnit;

/** What the offloader publishes. */
final class OffloadMetrics {
    private final MeterRegistry meters;
    private final Counter bytes;
    private final Counter objects;
    private final Timer uploadTime;

    OffloadMetrics(MeterRegistry meters, OffloadQueue queue) {
        this.meters = meters;
        this.bytes = Metric.TIER_UPLOAD_BYTES.counter(meters);
        this.objects = Metric.TIER_UPLOAD_OBJECTS.counter(meters);
        this.uploadTime = Metric.TIER_UPLOAD_TIME.timer(meters);
        Metric.TIER_WAITING_SEGMENTS.gauge(meters, () -> queue.progress().segments());
        Metric.TIER_WAITING_BYTES.gauge(meters, () -> queue.progress().bytes());
        Metric.TIER_WAITING_SECONDS.gauge(meters, queue::oldestWaitSeconds);
    }

    void uploaded(long objectBytes, long nanos) {
        bytes.increment((double) objectBytes);
        objects.increment();
        uploadTime.record(nanos, TimeUnit.NANOSECONDS);
    }

    /** @param cause store, disk or metadata */
    void failed(String cause) {
        Metric.TIER_UPLOAD_FAILURES.counter(meters, "cause", cause).increment();
    }
}
