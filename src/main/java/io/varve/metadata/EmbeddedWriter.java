package io.varve.metadata;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.varve.metadata.MetadataException.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Writes changes to disk on a thread of its own: everything that has come together since the last sync goes to disk with the next
 * (group commit). Watches hear of a change once it is on disk. The queue is bounded by the callers, each of which waits for its change.
 * Thread-safe.
 */
final class EmbeddedWriter implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(EmbeddedWriter.class);

    private final EmbeddedFiles files;
    private final WatchHub watches;
    private final Thread thread;

    @GuardedBy("this")
    private List<Write> queue = new ArrayList<>();

    @GuardedBy("this")
    private long written;

    @GuardedBy("this")
    private boolean closed;

    private volatile @Nullable String failure;

    /** The change of one revision. */
    record Write(long revision, List<EmbeddedFile.Change> changes, List<WatchListener.Event> events) {}

    EmbeddedWriter(EmbeddedFiles files, WatchHub watches) {
        this.files = files;
        this.written = files.revision();
        this.watches = watches;
        this.thread = Thread.ofPlatform().daemon().name("varve-metadata").start(this::run);
    }

    /** Takes the next change; revisions must come in order. */
    synchronized void add(Write write) {
        queue.add(write);
        notifyAll();
    }

    /**
     * Returns when everything up to {@code revision} is on disk.
     *
     * @throws MetadataException of kind {@code otherwise} when it is not known to be
     */
    synchronized void await(long revision, Kind otherwise) {
        while (written < revision) {
            String failed = failure;
            if (failed != null) {
                throw new MetadataException(otherwise, failed, null);
            }
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new MetadataException(otherwise, "interrupted while the metadata store was writing", e);
            }
        }
    }

    private void run() {
        while (true) {
            List<Write> group = awaitGroup();
            if (group.isEmpty()) {
                return;
            }
            try {
                write(group);
            } catch (RuntimeException | Error e) {
                fail(e);
                return;
            }
            group.forEach(each -> watches.publish(each.revision(), each.events()));
            synchronized (this) {
                written = group.getLast().revision();
                notifyAll();
            }
        }
    }

    /** What has come since the last time; empty when there is nothing left to do. */
    private synchronized List<Write> awaitGroup() {
        while (queue.isEmpty() && !closed) {
            try {
                wait();
            } catch (InterruptedException e) {
                LOG.warn("the metadata store's writer was interrupted; it goes on");
            }
        }
        List<Write> group = queue;
        queue = new ArrayList<>();
        return group;
    }

    private void write(List<Write> group) {
        List<EmbeddedFile.Change> all = new ArrayList<>();
        group.forEach(each -> all.addAll(each.changes()));
        files.write(all, group.getLast().revision());
    }

    /** What is in memory and what is on disk may differ now: nothing may be read or written until a restart. */
    private void fail(Throwable cause) {
        LOG.errorf(cause, "the metadata store cannot be written: free or repair its disk, then restart");
        synchronized (this) {
            failure = "the metadata store has failed, restart when its disk is well again: " + cause.getMessage();
            queue.clear();
            notifyAll();
        }
    }

    void requireHealthy() {
        String failed = failure;
        if (failed != null) {
            throw new MetadataException(Kind.UNAVAILABLE, failed, null);
        }
    }

    Optional<String> problem() {
        return Optional.ofNullable(failure);
    }

    /** Writes what has been taken, then closes the files. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        files.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
