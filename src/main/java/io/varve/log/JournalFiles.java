package io.varve.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The journal's ring of files. A full file is handed to the checkpointer, which makes the segments it covers durable in their own
 * files; then it is used again. When all files are full the journal waits: the bound on the journal's size is a bound on what has
 * to be read at the next start.
 *
 * <p>{@link #fileFor} is called by the journal's thread only.
 */
final class JournalFiles implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(JournalFiles.class);
    private static final int PARALLEL_CHECKPOINTS = 4;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private final ArrayDeque<JournalFile> free = new ArrayDeque<>();

    @GuardedBy("lock")
    private @Nullable IOException checkpointFailure;

    @GuardedBy("lock")
    private final List<JournalFile> all = new ArrayList<>();

    private final Path directory;
    private final int fileBytes;
    private final int fileCount;
    private final Consumer<IOException> onFailure;
    private final ExecutorService checkpointer;
    private final ExecutorService syncers;
    private JournalFile current;
    private volatile boolean closing;
    private long nextSequence;

    /** Used by the checkpointer only. */
    private int allocated = 1;

    JournalFiles(
            Path directory,
            int fileBytes,
            int fileCount,
            long nextSequence,
            ThreadFactory threads,
            Consumer<IOException> onFailure)
            throws IOException {
        this.onFailure = onFailure;
        this.nextSequence = nextSequence;
        // Not the single-threaded kind: that one is shut down by a thread of the JVM when it is out of reach.
        checkpointer = Executors.newFixedThreadPool(1, threads);
        syncers = Executors.newFixedThreadPool(PARALLEL_CHECKPOINTS, threads);
        // There were more files once. Replayed again after the ring has turned, they would come over what is newer.
        for (int number = fileCount; Files.deleteIfExists(path(directory, number)); number++) {
            LOG.infof("removed a file of what was a larger journal. number=%d", number);
        }
        current = open(directory, 0, fileBytes);
        current.begin(this.nextSequence++);
        this.directory = directory;
        this.fileBytes = fileBytes;
        this.fileCount = fileCount;
        // The others are allocated behind the scenes: the first append need not wait for them.
        checkpointer.execute(this::allocateOthers);
    }

    private static Path path(Path directory, int number) {
        return directory.resolve(number + ".journal");
    }

    private JournalFile open(Path directory, int number, int fileBytes) throws IOException {
        Path path = path(directory, number);
        JournalFile file = JournalFile.open(path, fileBytes);
        // A group that is synced is worth nothing in a file that a crash takes away as a whole.
        Channels.syncName(path);
        lock.lock();
        try {
            all.add(file);
        } finally {
            lock.unlock();
        }
        return file;
    }

    /** On the checkpointer. Fewer do as well, the next appends wait longer for room then: what a full disk has no room for now is tried again with each checkpoint. */
    private void allocateOthers() {
        while (allocated < fileCount) {
            try {
                release(open(directory, allocated, fileBytes));
                allocated++;
            } catch (IOException e) {
                if (!closing) {
                    LOG.warnf(
                            "journal runs with %d of %d files, will try again: cannot allocate more: %s",
                            allocated, fileCount, e.getMessage());
                }
                return;
            }
        }
    }

    /** The file to write {@code bytes} to: the current one, or the next when it is full. Waits for one to become free. */
    JournalFile fileFor(long bytes) throws IOException {
        if (!current.fits(bytes)) {
            JournalFile full = current;
            checkpointer.execute(() -> recycle(full));
            current = nextFree();
            current.begin(nextSequence++);
        }
        return current;
    }

    /**
     * Writes a segment back in the background. The kernel tells of a failed write once only, so a failure here counts like one of a
     * checkpoint.
     */
    void writeBack(JournalTarget target) {
        syncers.execute(() -> {
            try {
                target.writeBack();
            } catch (IOException | RuntimeException e) {
                failed(e instanceof IOException io ? io : new IOException("write-back failed", e));
            }
        });
    }

    private void release(JournalFile file) {
        lock.lock();
        try {
            free.add(file);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private JournalFile nextFree() throws IOException {
        lock.lock();
        try {
            while (true) {
                if (checkpointFailure != null) {
                    throw checkpointFailure;
                }
                JournalFile file = free.poll();
                if (file != null) {
                    return file;
                }
                changed.await();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for a free journal file", e);
        } finally {
            lock.unlock();
        }
    }

    private void recycle(JournalFile full) {
        List<JournalTarget> targets = List.copyOf(full.targets());
        List<Future<?>> syncs = new ArrayList<>(targets.size());
        for (JournalTarget target : targets) {
            syncs.add(syncers.submit(() -> {
                target.checkpoint();
                return null;
            }));
        }
        try {
            for (Future<?> sync : syncs) {
                sync.get();
            }
            release(full);
            allocateOthers();
        } catch (ExecutionException e) {
            failed(e.getCause() instanceof IOException io ? io : new IOException("checkpoint failed", e.getCause()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void failed(IOException cause) {
        if (closing) {
            // Closing interrupts what is under way: that says nothing about the disk.
            return;
        }
        lock.lock();
        try {
            checkpointFailure = checkpointFailure == null ? cause : checkpointFailure;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        onFailure.accept(cause);
    }

    @Override
    public void close() {
        closing = true;
        checkpointer.shutdownNow();
        syncers.shutdownNow();
        lock.lock();
        try {
            for (JournalFile file : all) {
                try {
                    file.close();
                } catch (IOException e) {
                    LOG.warnf("cannot close a journal file: %s", e.getMessage());
                }
            }
        } finally {
            lock.unlock();
        }
    }
}
