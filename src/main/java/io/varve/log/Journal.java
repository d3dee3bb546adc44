package io.varve.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.varve.observe.Metric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A disk's journal: makes the appends of all its partitions durable by group commit (design section 3a). Whatever has been queued
 * while one group was being synced forms the next group, so any number of producers and partitions share one {@code fdatasync}.
 *
 * <p>Rule 3: a batch is reported durable only after the sync that covers it. Rule 9: when a write or a sync fails, every queued
 * and every later batch fails, and the journal stays failed until the broker is started again: what the kernel still holds after
 * a failed sync cannot be trusted. Memory is bounded by the requests in flight. Thread-safe.
 */
final class Journal implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(Journal.class);

    private static final long MAX_GROUP_BYTES = 16L * 1024 * 1024;

    private final JournalFiles files;
    private final Timer syncTimer;
    private final DistributionSummary groupBytes;
    private final CountDownLatch finished = new CountDownLatch(1);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition notEmpty = lock.newCondition();

    @GuardedBy("lock")
    private final ArrayDeque<JournalEntry> queue = new ArrayDeque<>();

    @GuardedBy("lock")
    private boolean waiting;

    @GuardedBy("lock")
    private boolean closed;

    @GuardedBy("lock")
    private @Nullable IOException failure;

    /**
     * @param nextSequence higher than any sequence in the files: what {@link JournalReplay} found, plus one
     * @param threads for the writer and a few that sync: all of them block on the disk
     */
    Journal(
            Path directory,
            int fileBytes,
            int fileCount,
            long nextSequence,
            ThreadFactory threads,
            MeterRegistry meters) {
        syncTimer = Metric.JOURNAL_COMMIT.timer(meters);
        groupBytes = Metric.JOURNAL_GROUP_BYTES.summary(meters);
        try {
            Files.createDirectories(directory);
            Channels.syncName(directory);
            files = new JournalFiles(directory, fileBytes, fileCount, nextSequence, threads, this::fail);
        } catch (IOException e) {
            throw new LogException("cannot open the journal in " + directory, e);
        }
        threads.newThread(this::run).start();
    }

    /** Queues an entry. Never blocks; entries of one segment become durable in the order they were queued. */
    void append(JournalEntry entry) {
        IOException failed;
        lock.lock();
        try {
            failed = failure;
            if (failed == null && closed) {
                failed = new IOException("the journal is closed");
            }
            if (failed == null) {
                queue.add(entry);
                if (waiting) {
                    notEmpty.signal();
                }
                return;
            }
        } finally {
            lock.unlock();
        }
        entry.hold().release();
        entry.target().onJournalFailed(failed);
    }

    /** What is wrong with the disk, for health checks. */
    Optional<String> problem() {
        lock.lock();
        try {
            return Optional.ofNullable(failure)
                    .map(cause -> "the journal has failed, the disk is out of service until a restart: "
                            + cause.getMessage());
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        try {
            List<JournalEntry> group = new ArrayList<>();
            while (takeGroup(group)) {
                commit(group);
                group.clear();
            }
        } finally {
            finished.countDown();
        }
    }

    /** Waits for entries and takes as many as one group may hold; returns false when the journal is closed and empty. */
    private boolean takeGroup(List<JournalEntry> group) {
        lock.lock();
        try {
            while (queue.isEmpty()) {
                if (closed) {
                    return false;
                }
                waiting = true;
                notEmpty.awaitUninterruptibly();
                waiting = false;
            }
            long bytes = 0;
            while (!queue.isEmpty() && (group.isEmpty() || bytes + queue.peek().journalBytes() <= MAX_GROUP_BYTES)) {
                JournalEntry entry = queue.poll();
                bytes += entry.journalBytes();
                group.add(entry);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void commit(List<JournalEntry> group) {
        long bytes = 0;
        for (JournalEntry entry : group) {
            bytes += entry.journalBytes();
        }
        long started = System.nanoTime();
        try {
            IOException failed = failure();
            if (failed != null) {
                throw failed;
            }
            files.fileFor(bytes).write(group);
        } catch (IOException e) {
            refuse(group, e);
            return;
        } catch (RuntimeException | Error e) {
            // Whatever it is: who waits must hear of it, and what was written cannot be known.
            refuse(group, new IOException("cannot write to the journal: " + e, e));
            return;
        }
        syncTimer.record(System.nanoTime() - started, TimeUnit.NANOSECONDS);
        groupBytes.record((double) bytes);
        for (JournalTarget target : report(group)) {
            if (target.isWriteBackDue()) {
                files.writeBack(target);
            }
        }
    }

    private void refuse(List<JournalEntry> group, IOException cause) {
        fail(cause);
        failAll(group, cause);
    }

    private static void failAll(Collection<JournalEntry> entries, IOException cause) {
        for (JournalEntry entry : entries) {
            entry.hold().release();
            tellFailed(entry.target(), cause);
        }
    }

    private static void tellFailed(JournalTarget target, IOException cause) {
        try {
            target.onJournalFailed(cause);
        } catch (RuntimeException e) {
            LOG.errorf(e, "a partition did not take the failure of its journal. partition=%s", target.partition());
        }
    }

    /** Tells each segment once, by its last entry in the group; returns them. */
    private static Set<JournalTarget> report(List<JournalEntry> group) {
        Map<JournalTarget, JournalEntry> last = new LinkedHashMap<>();
        for (JournalEntry entry : group) {
            last.put(entry.target(), entry);
        }
        last.forEach(Journal::tellDurable);
        for (JournalEntry entry : group) {
            entry.hold().release();
        }
        return last.keySet();
    }

    /** A partition that cannot take the news is out of service; the others must not suffer. */
    private static void tellDurable(JournalTarget target, JournalEntry entry) {
        try {
            target.onDurable(entry.endOffset(), entry.position() + entry.batch().remaining());
        } catch (RuntimeException | Error e) {
            tellFailed(target, new IOException("cannot report a batch that is durable: " + e, e));
        }
    }

    private @Nullable IOException failure() {
        lock.lock();
        try {
            return failure;
        } finally {
            lock.unlock();
        }
    }

    /** Takes the disk out of service. */
    private void fail(IOException cause) {
        List<JournalEntry> refused;
        lock.lock();
        try {
            if (failure != null) {
                return;
            }
            failure = cause;
            refused = new ArrayList<>(queue);
            queue.clear();
        } finally {
            lock.unlock();
        }
        LOG.errorf(
                cause,
                "journal failed, disk out of service: no append is acknowledged until the broker is restarted; check the disk. "
                        + "waiting=%d",
                refused.size());
        failAll(refused, cause);
    }

    /** Commits what is queued, then stops. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            notEmpty.signal();
        } finally {
            lock.unlock();
        }
        try {
            if (!finished.await(30, TimeUnit.SECONDS)) {
                LOG.warn("journal did not stop within 30 s: the disk does not answer");
            }
            files.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
