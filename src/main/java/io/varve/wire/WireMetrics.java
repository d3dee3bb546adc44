package io.varve.wire;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.varve.observe.Metric;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.protocol.ApiKeys;

/** What a listener counts, labelled by its name or by the APIs it serves and nothing else. Thread-safe. */
final class WireMetrics {
    private static final String LISTENER = "listener";

    final AtomicInteger connections = new AtomicInteger();
    final AtomicInteger paused = new AtomicInteger();
    final Counter refusedConnections;
    final Counter badFrames;
    final Counter bytesIn;
    final Counter bytesOut;
    private final Map<ApiKeys, Timer> requests = new EnumMap<>(ApiKeys.class);
    private final Map<ApiKeys, Counter> failures = new EnumMap<>(ApiKeys.class);

    /** @param listener its name: what is in use is told for each, what is counted for all together */
    WireMetrics(MeterRegistry meters, String listener, Set<ApiKeys> apis, MemoryBudget budget) {
        Metric.CONNECTIONS.gauge(meters, connections::get, LISTENER, listener);
        Metric.PAUSED_CONNECTIONS.gauge(meters, paused::get, LISTENER, listener);
        Metric.REQUEST_BYTES_IN_FLIGHT.gauge(meters, budget::usedBytes, LISTENER, listener);
        refusedConnections = Metric.REFUSED_CONNECTIONS.counter(meters);
        badFrames = Metric.BAD_FRAMES.counter(meters);
        bytesIn = Metric.REQUEST_BYTES.counter(meters);
        bytesOut = Metric.RESPONSE_BYTES.counter(meters);
        for (ApiKeys api : apis) {
            requests.put(api, Metric.REQUESTS.timer(meters, "api", api.name));
            failures.put(api, Metric.REQUEST_FAILURES.counter(meters, "api", api.name));
        }
    }

    void finished(ApiKeys api, long nanos) {
        Timer timer = requests.get(api);
        if (timer != null) {
            timer.record(nanos, TimeUnit.NANOSECONDS);
        }
    }

    void failed(ApiKeys api) {
        Counter counter = failures.get(api);
        if (counter != null) {
            counter.increment();
        }
    }
}
