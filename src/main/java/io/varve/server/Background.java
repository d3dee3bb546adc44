package io.varve.server;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** What a broker does regularly, each task on a thread of its own and never twice at once. A task that fails runs again next time. */
final class Background implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(Background.class);

    private final ScheduledExecutorService scheduler = Executors.newScheduledThreadPool(
            4, Thread.ofVirtual().name("background-", 0).factory());

    void every(Duration interval, String what, Runnable task) {
        var _ = scheduler.scheduleWithFixedDelay(
                () -> {
                    try {
                        task.run();
                    } catch (RuntimeException e) {
                        LOG.errorf(e, "background task failed, will run again. task=%s interval=%s", what, interval);
                    }
                },
                interval.toMillis(),
                interval.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        scheduler.shutdownNow();
    }
}
