package io.varve.log;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.varve.observe.Metric;

/** What all partitions of a broker count together. Thread-safe. */
final class LogMetrics {
    final Counter appendedBytes;
    final Counter appendedRecords;
    final Counter refusedAppends;
    final Counter hotReadBytes;
    final Counter coldReadBytes;
    final Counter hotFollowerBytes;
    final Counter coldFollowerBytes;
    final Counter segmentsSealed;
    final Counter copyBytes;
    final Counter membersLost;

    LogMetrics(MeterRegistry meters) {
        appendedBytes = Metric.APPENDED_BYTES.counter(meters);
        appendedRecords = Metric.APPENDED_RECORDS.counter(meters);
        refusedAppends = Metric.REFUSED_APPENDS.counter(meters);
        hotReadBytes = Metric.READ_BYTES.counter(meters, "tier", "hot");
        coldReadBytes = Metric.READ_BYTES.counter(meters, "tier", "cold");
        hotFollowerBytes = Metric.FOLLOWER_READ_BYTES.counter(meters, "tier", "hot");
        coldFollowerBytes = Metric.FOLLOWER_READ_BYTES.counter(meters, "tier", "cold");
        copyBytes = Metric.COPY_BYTES.counter(meters);
        membersLost = Metric.MEMBERS_LOST.counter(meters);
        segmentsSealed = Metric.SEGMENTS_SEALED.counter(meters);
    }
}
