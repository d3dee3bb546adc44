package io.varve.log;

import io.micrometer.core.instrument.MeterRegistry;
import io.varve.observe.Metric;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * How full the data disk is, looked at periodically. Below {@code softFreeBytes} of free space producers are throttled and local
 * copies of offloaded segments are dropped early; below {@code hardFreeBytes} appends are refused with a retriable error. Reads go
 * on, and both end by themselves when space returns. Thread-safe.
 */
public final class DiskSpace {
    private static final Logger LOG = Logger.getLogger(DiskSpace.class);

    /** What the free space allows. */
    public enum Level {
        ENOUGH,
        LOW,
        FULL
    }

    private final Path directory;
    private final long softFreeBytes;
    private final long hardFreeBytes;
    private volatile long freeBytes;
    private volatile Level level = Level.ENOUGH;

    /** Bounds on free space in bytes; {@code hardFreeBytes} is the lower one. */
    public DiskSpace(Path directory, long softFreeBytes, long hardFreeBytes, MeterRegistry meters) {
        this.directory = directory;
        this.softFreeBytes = softFreeBytes;
        this.hardFreeBytes = hardFreeBytes;
        Metric.DISK_FREE_BYTES.gauge(meters, () -> freeBytes);
        refresh();
    }

    /** Looks again. */
    public void refresh() {
        try {
            FileStore store = Files.getFileStore(directory);
            update(store.getUsableSpace());
        } catch (IOException e) {
            LOG.warnf("cannot read the free space of the data disk. directory=%s cause=%s", directory, e.getMessage());
        }
    }

    void update(long free) {
        freeBytes = free;
        Level now = free < hardFreeBytes ? Level.FULL : free < softFreeBytes ? Level.LOW : Level.ENOUGH;
        if (now != level) {
            LOG.warnf(
                    "disk space is %s. directory=%s free_bytes=%d throttle_below=%d refuse_below=%d",
                    now, directory, free, softFreeBytes, hardFreeBytes);
            level = now;
        }
    }

    public Level level() {
        return level;
    }

    /** How long a producer should be held back, in milliseconds: more the less space is left, 0 while there is enough. */
    public int throttleMillis() {
        if (level == Level.ENOUGH) {
            return 0;
        }
        double used =
                1.0 - (double) Math.max(0, freeBytes - hardFreeBytes) / Math.max(1, softFreeBytes - hardFreeBytes);
        return (int) Math.round(10 + 990 * used);
    }

    /** What is wrong, for health checks. */
    public Optional<String> problem() {
        return level == Level.FULL
                ? Optional.of(
                        "the data disk is full (" + freeBytes + " bytes free): produce is refused until space returns")
                : Optional.empty();
    }
}
