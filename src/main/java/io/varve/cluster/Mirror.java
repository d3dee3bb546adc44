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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
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

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition moved = lock.newCondition();

    /** The version of every key that is in the image. */
    @GuardedBy("lock")
    private final Map<String, Long> versions = new HashMap<>();

    @GuardedBy("lock")
    private long seenRevision;

    @GuardedBy("lock")
    private @Nullable Watch watch;

    @GuardedBy("lock")
    private boolean closed;

    private Mirror(MetadataStore store, String prefix, Image image) {
        this.store = store;
        this.prefix = prefix;
        this.image = image;
    }

    /**
     * Reads all keys and follows their changes from then on. Blocks, for as long as the store is away: a broker whose metadata store goes away while it
     * starts need not be started again.
     *
     * @throws ClusterException when a value makes no sense
     * @throws MetadataException when the store is closed, or refuses
     */
    public static Mirror start(MetadataStore store, String prefix, Image image) {
        Mirror mirror = new Mirror(store, prefix, image);
        while (true) {
            try {
                Range range = store.range(prefix);
                mirror.fill(range);
                mirror.follow(range.revision());
                return mirror;
            } catch (MetadataException e) {
                if (e.kind() != MetadataException.Kind.UNAVAILABLE) {
                    throw e;
                }
                LOG.warnf("waiting for the metadata store. prefix=%s cause=%s", prefix, e.getMessage());
                mirror.pause();
            }
        }
    }

    private void pause() {
        CompletableFuture<Void> over = new CompletableFuture<>();
        store.later(LIST_AGAIN, () -> over.complete(null));
        over.join();
    }

    private void fill(Range range) {
        lock.lock();
        try {
            for (Entry entry : range.entries()) {
                image.put(entry);
                versions.put(entry.key(), entry.version());
            }
            seenRevision = range.revision();
        } finally {
            lock.unlock();
        }
    }

    private void follow(long revision) {
        Watch started = store.watch(prefix, revision, new Changes());
        lock.lock();
        try {
            if (!closed) {
                watch = started;
                return;
            }
        } finally {
            lock.unlock();
        }
        started.close();
    }

    private final class Changes implements WatchListener {
        @Override
        public void onEvents(List<Event> events) {
            lock.lock();
            try {
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
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void onLost(MetadataException cause) {
            LOG.infof("fell behind, listing again. prefix=%s cause=%s", prefix, cause.getMessage());
            store.later(Duration.ZERO, Mirror.this::listAgain);
        }
    }

    private void listAgain() {
        if (isClosed()) {
            return;
        }
        try {
            Range range = store.range(prefix);
            replace(range);
            follow(range.revision());
        } catch (MetadataException e) {
            if (e.kind() != MetadataException.Kind.CLOSED) {
                LOG.warnf("cannot list again, will try again. prefix=%s cause=%s", prefix, e.getMessage());
                store.later(LIST_AGAIN, this::listAgain);
            }
        }
    }

    private boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    private void replace(Range range) {
        lock.lock();
        try {
            Set<String> gone = new HashSet<>(versions.keySet());
            for (Entry entry : range.entries()) {
                gone.remove(entry.key());
                changed(entry);
            }
            for (String key : gone) {
                removed(key, range.revision());
            }
            seen(range.revision());
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
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

    @GuardedBy("lock")
    private void removed(String key, long revision) {
        Long before = versions.get(key);
        if (before != null && before < revision) {
            versions.remove(key);
            image.remove(key);
        }
    }

    @GuardedBy("lock")
    private void seen(long revision) {
        seenRevision = Math.max(seenRevision, revision);
        moved.signalAll();
    }

    /**
     * Waits until the image shows the change of one of its keys at {@code revision}.
     *
     * @throws MetadataException when it does not in time
     */
    public void await(long revision) {
        long left = VISIBLE_LIMIT.toNanos();
        lock.lock();
        try {
            while (seenRevision < revision) {
                if (left <= 0) {
                    throw new MetadataException(
                            MetadataException.Kind.OUTCOME_UNKNOWN,
                            "the change is made but not visible here yet",
                            null);
                }
                left = moved.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MetadataException(MetadataException.Kind.OUTCOME_UNKNOWN, "interrupted; the change is made", e);
        } finally {
            lock.unlock();
        }
    }

    /** Lists all keys again: the image is no older than the beginning of this call then. Blocks; throws what the store throws. */
    public void refresh() {
        replace(store.range(prefix));
    }

    /** Runs {@code action} while the image stands still. */
    public void whileStill(Runnable action) {
        lock.lock();
        try {
            action.run();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        Watch running;
        lock.lock();
        try {
            closed = true;
            running = watch;
        } finally {
            lock.unlock();
        }
        if (running != null) {
            running.close();
        }
    }
}
