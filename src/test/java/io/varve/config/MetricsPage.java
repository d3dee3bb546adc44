package io.varve.config;

import io.micrometer.core.instrument.Meter;
import io.varve.observe.Metric;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** {@code docs/metrics.md}. */
final class MetricsPage {
    private MetricsPage() {}

    static String render() {
        var page = new StringBuilder("""
                # Metrics

                <!-- Generated from Metric; do not edit. ./varve test -Dtest=ReferencePagesTest -Dvarve.docs.write=true -->

                Prometheus reads them from `/metrics` of the HTTP port. No metric has a label whose values grow with topics, groups or clients.
                A timer is three series, ending in `_count`, `_sum` and `_max`; so is a summary. Metrics of the JVM (`jvm_*`, `process_*`,
                `system_*`) are there too.

                """);
        List<Metric> metrics = Arrays.stream(Metric.values())
                .sorted(Comparator.comparing(Metric::id))
                .toList();
        String part = "";
        for (Metric metric : metrics) {
            String of = metric.id().split("\\.", 3)[1];
            if (!of.equals(part)) {
                page.append(part.isEmpty() ? "" : "\n").append("## ").append(of).append("\n\n");
                page.append("| Prometheus | Kind | Unit | What it tells |\n|---|---|---|---|\n");
                part = of;
            }
            page.append("| `%s` | %s | %s | %s |\n"
                    .formatted(
                            prometheusName(metric),
                            metric.kind().name().toLowerCase(Locale.ROOT),
                            metric.unit(),
                            metric.description()));
        }
        return page.toString();
    }

    @SuppressWarnings("deprecation") // the registry that Quarkus has is the older one
    private static String prometheusName(Metric metric) {
        return new io.micrometer.prometheus.PrometheusNamingConvention().name(metric.id(), type(metric), metric.unit());
    }

    private static Meter.Type type(Metric metric) {
        return switch (metric.kind()) {
            case COUNTER -> Meter.Type.COUNTER;
            case GAUGE -> Meter.Type.GAUGE;
            case TIMER -> Meter.Type.TIMER;
            case SUMMARY -> Meter.Type.DISTRIBUTION_SUMMARY;
        };
    }
}
