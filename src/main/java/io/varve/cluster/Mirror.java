package io.varve.cluster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.varve.metadata.Entry;
import io.varve.metadata.MetadataException;
import io.varve.metadata.MetadataStore;
import io.varve.metadata.Range;
import io.varve.metadata.Watch;
import io.varve.metadata.WatchListener;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Keeps an image of all keys with a prefix up to date: lists them, follows their changes by one watch, and lists them again when the watch
 * has lost its place. Thread-safe.
 */
public final class Mirror implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(Mirror.class);
    private static final Duration LIST_AGAIN = Duration.ofSeconds(1);
    private static final Duration VISIBLE_LIMIT = Duration.ofSeconds(10);

    /** What is kept up to date: hears of every change in order, one call at a time; must not block. */
    public interface Image {
        /** A key is new or has changed. Throws {@link ClusterException} when its value makes no sense. */
        void put(Entry entry);

        /** A key that was there is gone. */
        void remove(String key);
    }

    private final MetadataStore store;
    private final String prefix;
    private final Image image;

    /** The version of every key that is in the image. */
    @GuardedBy("this")
    private final Map<String, Long> versions = new HashMap<>();

    @GuardedBy("this")
    private long seenRevision;

    @GuardedBy("this")
    private @Nullable Watch watch;

    @GuardedBy("this")
    private boolean closed;

    private Mirror(MetadataStore store, String prefix, Image image) {
        this.store = store;
        this.prefix = prefix;
        this.image = image;
    }

    /**
     * Reads all keys and follows their changes from then on. Blocks.
     *
     * @throws ClusterException when a value makes no sense
     */
    public static Mirror start(MetadataStore store, String prefix, Image image) {
        Mirror mirror = new Mirror(store, prefix, image);
        Range range = store.range(prefix);
        synchronized (mirror) {
            for (Entry entry : range.entries()) {
                image.put(entry);
                mirror.versions.put(entry.key(), entry.version());
            }
            mirror.seenRevision = range.revision();
        }
        mirror.follow(range.revision());
        return mirror;
    }

    private void follow(long revision) {
        Watch started = store.watch(prefix, revision, new Changes());
        synchronized (this) {
            if (!closed) {
                watch = started;
                return;
            }
        }
        started.close();
    }

    private final class Changes implements WatchListener {
        @Override
        public void onEvents(List<Event> events) {
            synchronized (Mirror.this) {
                long last = 0;
                for (Event event : events) {
                    last = switch (event) {
                        case Changed(Entry entry) -> {
                            changed(entry);
                            yield entry.version();
                        }
                        case Removed(String key, long revision) -> {
                            removed(key, revision);
                            yield revision;
                        }
                    };
                }
                seen(last);
            }
        }

        @Override
        public void onLost(MetadataException cause) {
            LOG.infof("fell behind, listing again. prefix=%s cause=%s", prefix, cause.getMessage());
            Thread.ofVirtual().name("varve-list-again").start(Mirror.this::listAgain);
        }
    }

    private void listAgain() {
        while (!isClosed()) {
            try {
                Range range = store.range(prefix);
                replace(range);
                follow(range.revision());
                return;
            } catch (MetadataException e) {
                if (e.kind() == MetadataException.Kind.CLOSED) {
                    return;
                }
                LOG.warnf("cannot list again, will try again. prefix=%s cause=%s", prefix, e.getMessage());
            }
            try {
                Thread.sleep(LIST_AGAIN);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    private synchronized void replace(Range range) {
        Set<String> gone = new HashSet<>(versions.keySet());
        for (Entry entry : range.entries()) {
            gone.remove(entry.key());
            changed(entry);
        }
        gone.forEach(key -> removed(key, range.revision()));
        seen(range.revision());
    }

    @GuardedBy("this")
    private void changed(Entry entry) {
        Long before = versions.get(entry.key());
        if (before != null && before >= entry.version()) {
            return;
        }
        try {
            image.put(entry);
            versions.put(entry.key(), entry.version());
        } catch (ClusterException e) {
            LOG.errorf("ignoring a change in the metadata store. key=%s cause=%s", entry.key(), e.getMessage());
        }
    }

    @GuardedBy("this")
    private void removed(String key, long revision) {
        Long before = versions.get(key);
        if (before != null && before < revision) {
            versions.remove(key);
            image.remove(key);
        }
    }

    @GuardedBy("this")
    private void seen(long revision) {
        seenRevision = Math.max(seenRevision, revision);
        notifyAll();
    }

    /**
     * Waits until the image shows the change of one of its keys at {@code revision}.
     *
     * @throws MetadataException when it does not in time
     */
    public synchronized void await(long revision) {
        long deadline = System.nanoTime() + VISIBLE_LIMIT.toNanos();
        while (seenRevision < revision) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                throw new MetadataException(
                        MetadataException.Kind.OUTCOME_UNKNOWN, "the change is made but not visible here yet", null);
            }
            try {
                wait(Math.max(1, left / 1_000_000));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new MetadataException(
                        MetadataException.Kind.OUTCOME_UNKNOWN, "interrupted; the change is made", e);
            }
        }
    }

    /** Runs {@code action} while the image stands still. */
    public synchronized void whileStill(Runnable action) {
        action.run();
    }

    @Override
    public void close() {
        Watch running;
        synchronized (this) {
            closed = true;
            running = watch;
        }
        if (running != null) {
            running.close();
        }
    }
}
