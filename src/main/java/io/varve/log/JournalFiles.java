package io.varve.log;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

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

    private final BlockingQueue<JournalFile> free;
    private final List<JournalFile> all = new ArrayList<>();
    private final Consumer<IOException> onFailure;
    private final AtomicReference<IOException> checkpointFailure = new AtomicReference<>();
    private final ExecutorService checkpointer = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("varve-checkpoint").factory());
    private final ExecutorService syncers = Executors.newFixedThreadPool(
            PARALLEL_CHECKPOINTS, Thread.ofPlatform().name("varve-sync-", 0).factory());
    private JournalFile current;
    private volatile boolean closing;
    private long nextSequence;

    JournalFiles(Path directory, int fileBytes, int fileCount, long nextSequence, Consumer<IOException> onFailure)
            throws IOException {
        this.onFailure = onFailure;
        this.nextSequence = nextSequence;
        free = new ArrayBlockingQueue<>(fileCount);
        // There were more files once. Replayed again after the ring has turned, they would come over what is newer.
        for (int number = fileCount; Files.deleteIfExists(path(directory, number)); number++) {
            LOG.infof("removed a file of what was a larger journal. number=%d", number);
        }
        current = open(directory, 0, fileBytes);
        current.begin(this.nextSequence++);
        // The others are allocated behind the scenes: the first append need not wait for them.
        checkpointer.execute(() -> prepare(directory, fileBytes, fileCount));
    }

    private static Path path(Path directory, int number) {
        return directory.resolve(number + ".journal");
    }

    private JournalFile open(Path directory, int number, int fileBytes) throws IOException {
        Path path = path(directory, number);
        JournalFile file = JournalFile.open(path, fileBytes);
        // A group that is synced is worth nothing in a file that a crash takes away as a whole.
        Channels.syncName(path);
        synchronized (all) {
            all.add(file);
        }
        return file;
    }

    private void prepare(Path directory, int fileBytes, int fileCount) {
        for (int number = 1; number < fileCount; number++) {
            try {
                free.add(open(directory, number, fileBytes));
            } catch (IOException e) {
                if (number == 1) {
                    failed(e);
                } else if (!closing) {
                    LOG.warnf(
                            "journal runs with %d of %d files: cannot allocate more: %s",
                            number, fileCount, e.getMessage());
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

    private JournalFile nextFree() throws IOException {
        while (true) {
            try {
                JournalFile file = free.poll(100, TimeUnit.MILLISECONDS);
                if (file != null) {
                    return file;
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while waiting for a free journal file", e);
            }
            IOException failed = checkpointFailure.get();
            if (failed != null) {
                throw failed;
            }
        }
    }

    private void recycle(JournalFile full) {
        Set<JournalTarget> targets = Set.copyOf(full.targets());
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
            free.add(full);
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
        checkpointFailure.compareAndSet(null, cause);
        onFailure.accept(cause);
    }

    @Override
    public void close() {
        closing = true;
        checkpointer.shutdownNow();
        syncers.shutdownNow();
        synchronized (all) {
            for (JournalFile file : all) {
                try {
                    file.close();
                } catch (IOException e) {
                    LOG.warnf("cannot close a journal file: %s", e.getMessage());
                }
            }
        }
    }
}
