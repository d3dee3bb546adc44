package io.varve.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jboss.logmanager.formatters.PatternFormatter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What health says is in the metrics and in the log too. */
class HealthWatchTest {
    private final Logger logger = Logger.getLogger(HealthWatch.class.getName());
    private final List<String> lines = new ArrayList<>();
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord line) {
            lines.add(new PatternFormatter("%s").format(line));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void listen() {
        // Whatever other tests in this JVM have done to the levels above it.
        logger.setLevel(Level.ALL);
        logger.addHandler(handler);
    }

    @AfterEach
    void leave() {
        logger.removeHandler(handler);
        logger.setLevel(null);
    }

    @Test
    void aProblemIsSaidWhenItBegins_nowAndThen_andWhenItIsOver() {
        var problem = new AtomicReference<Optional<String>>(Optional.empty());
        var warning = new AtomicReference<Optional<String>>(Optional.empty());
        var meters = new SimpleMeterRegistry();
        var time = new AtomicLong();
        var watch =
                new HealthWatch(List.of(AssembledBroker.source("etcd", problem::get, warning::get)), time::get, meters);
        watch.run();
        assertThat(lines).isEmpty();
        assertThat(meters.get("varve.health.problem")
                        .tag("part", "etcd")
                        .gauge()
                        .value())
                .isZero();

        // When it has a problem, for a while
        problem.set(Optional.of("etcd is full"));
        watch.run();
        watch.run();
        assertThat(lines).hasSize(1).first().asString().contains("part=etcd words=etcd is full");
        assertThat(meters.get("varve.health.problem")
                        .tag("part", "etcd")
                        .gauge()
                        .value())
                .isEqualTo(1);
        time.addAndGet(HealthWatch.AGAIN.toNanos());
        watch.run();
        assertThat(lines).hasSize(2);

        // And when that is over, and there is a warning
        problem.set(Optional.empty());
        warning.set(Optional.of("etcd is old"));
        watch.run();
        assertThat(lines).hasSize(4);
        assertThat(lines.get(2)).contains("it is over");
        assertThat(lines.get(3)).contains("part=etcd words=etcd is old");
        assertThat(meters.get("varve.health.warning")
                        .tag("part", "etcd")
                        .gauge()
                        .value())
                .isEqualTo(1);
    }
}
