package io.varve.server;

import io.micrometer.core.instrument.MeterRegistry;
import io.varve.observe.HealthSource;
import io.varve.observe.Metric;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;

/**
 * Tells the log and the metrics what health says, so that a bad day is named in all three. A problem is logged when it begins, again every
 * few minutes while it lasts, and when it is over. Not thread-safe: one look at a time.
 */
final class HealthWatch implements Runnable {
    private static final Logger LOG = Logger.getLogger(HealthWatch.class);
    static final Duration AGAIN = Duration.ofMinutes(5);

    private final List<HealthSource> sources;
    private final LongSupplier nanoTime;

    /** When what was said last, by part. */
    private final Map<String, Long> problems = new HashMap<>();

    private final Map<String, Long> warnings = new HashMap<>();

    /** @param nanoTime a monotonic clock */
    HealthWatch(List<HealthSource> sources, LongSupplier nanoTime, MeterRegistry meters) {
        this.sources = List.copyOf(sources);
        this.nanoTime = nanoTime;
        for (HealthSource source : sources) {
            Metric.HEALTH_PROBLEM.gauge(meters, () -> source.problem().isPresent() ? 1 : 0, "part", source.name());
            Metric.HEALTH_WARNING.gauge(meters, () -> source.warning().isPresent() ? 1 : 0, "part", source.name());
        }
    }

    @Override
    public void run() {
        for (HealthSource source : sources) {
            look(source, problems, HealthSource::problem, Logger.Level.ERROR, "this broker is not ready");
            look(source, warnings, HealthSource::warning, Logger.Level.WARN, "this needs to be looked after");
        }
    }

    private void look(
            HealthSource source,
            Map<String, Long> said,
            Function<HealthSource, Optional<String>> question,
            Logger.Level level,
            String what) {
        Optional<String> answer = question.apply(source);
        Long last = said.get(source.name());
        long now = nanoTime.getAsLong();
        if (answer.isEmpty()) {
            if (last != null) {
                said.remove(source.name());
                LOG.infof("it is over: %s. part=%s", what, source.name());
            }
        } else if (last == null || now - last >= AGAIN.toNanos()) {
            said.put(source.name(), now);
            LOG.logf(level, "%s. part=%s words=%s", what, source.name(), answer.get());
        }
    }
}
