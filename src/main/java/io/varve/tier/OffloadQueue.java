package io.varve.tier;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord.OffloadedSegment;
import io.varve.tier.OffloadEntry.Uploaded;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.utils.Time;
import org.jspecify.annotations.Nullable;

/**
 * Decides what is to be done next: which segments travel together, and when something that failed is tried again. Does no I/O.
 *
 * <pre>
 *   submit -> waiting -> (uploading) -> toReference -> (referencing) -> gone
 *                ^            |               |               |
 *                +-- failed --+-- too late ---+               +-- failed: toReference
 * </pre>
 *
 * Holds as many entries as there are sealed segments on the local disk, which the disk's budget bounds. Thread-safe.
 */
final class OffloadQueue {
    private static final Comparator<OffloadEntry> BY_DUE =
            Comparator.<OffloadEntry>comparingLong(e -> e.dueNanos).thenComparingLong(e -> e.sequence);
    private static final long MAX_PAUSE_WHILE_DRAINING_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long IDLE_MILLIS = 1_000;

    /** What a worker is to do. */
    sealed interface Work {
        /** Put these into one object. */
        record Upload(List<OffloadEntry> entries) implements Work {}

        /** Tell the segment where it is. */
        record Reference(OffloadEntry entry, OffloadedSegment reference) implements Work {}
    }

    private final Object monitor = new Object();
    private final OffloadSettings settings;
    private final Time time;
    private final Backoff backoff;

    /** All that are not gone, by what makes a segment that segment. */
    @GuardedBy("monitor")
    private final Map<PartitionId, Map<Long, OffloadEntry>> entries = new HashMap<>();

    @GuardedBy("monitor")
    private final TreeSet<OffloadEntry> waiting = new TreeSet<>(BY_DUE);

    /** Failed on their own, and wait for their next try. */
    @GuardedBy("monitor")
    private final TreeSet<OffloadEntry> delayed = new TreeSet<>(BY_DUE);

    @GuardedBy("monitor")
    private final TreeSet<OffloadEntry> toReference = new TreeSet<>(BY_DUE);

    @GuardedBy("monitor")
    private long waitingBytes;

    @GuardedBy("monitor")
    private long bytes;

    @GuardedBy("monitor")
    private int segments;

    @GuardedBy("monitor")
    private int uploading;

    @GuardedBy("monitor")
    private int storeFailures;

    @GuardedBy("monitor")
    private long storePausedUntilNanos;

    @GuardedBy("monitor")
    private boolean draining;

    @GuardedBy("monitor")
    private boolean closed;

    @GuardedBy("monitor")
    private long sequence;

    @GuardedBy("monitor")
    private long changes;

    OffloadQueue(OffloadSettings settings, Time time, RandomGenerator random) {
        this.settings = settings;
        this.time = time;
        this.backoff = new Backoff(settings.minBackoff(), settings.maxBackoff(), random);
        this.storePausedUntilNanos = time.nanoseconds();
    }

    void submit(Offloadable segment) {
        long now = time.nanoseconds();
        long waitMillis = settings.maxWait().toMillis();
        // Sealed long ago, or in the future by a clock that was wrong.
        long waited = Math.clamp(time.milliseconds() - segment.sealedAtMillis(), 0, waitMillis);
        synchronized (monitor) {
            var entry = new OffloadEntry(segment, now, sequence++);
            entry.dueNanos = now + TimeUnit.MILLISECONDS.toNanos(waitMillis - waited);
            boolean isNew = entries.computeIfAbsent(segment.partition(), p -> new HashMap<>())
                            .putIfAbsent(segment.segment().baseOffset(), entry)
                    == null;
            if (isNew) {
                segments++;
                bytes += entry.bytes();
                enqueue(entry);
            }
        }
    }

    /** Forgets what is not being uploaded or referenced right now. */
    void withdraw(PartitionId partition) {
        synchronized (monitor) {
            for (OffloadEntry entry :
                    List.copyOf(entries.getOrDefault(partition, Map.of()).values())) {
                if (waiting.remove(entry)) {
                    waitingBytes -= entry.bytes();
                    remove(entry);
                } else if (delayed.remove(entry) || toReference.remove(entry)) {
                    remove(entry);
                }
            }
        }
    }

    /** Waits for something to do; null when closed. */
    @Nullable
    Work take() throws InterruptedException {
        while (true) {
            long seen;
            long waitMillis;
            synchronized (monitor) {
                if (closed) {
                    return null;
                }
                Work work = pick(time.nanoseconds());
                if (work != null) {
                    return work;
                }
                seen = changes;
                waitMillis = millisUntilDue(time.nanoseconds());
            }
            awaitChange(seen, waitMillis);
        }
    }

    private void awaitChange(long seen, long waitMillis) throws InterruptedException {
        try {
            time.waitObject(monitor, () -> changesNow() != seen, time.milliseconds() + waitMillis);
        } catch (TimeoutException e) {
            // It is time to look again.
        }
    }

    private long changesNow() {
        synchronized (monitor) {
            return changes;
        }
    }

    @GuardedBy("monitor")
    private @Nullable Work pick(long now) {
        Work reference = pickReference(now);
        return reference != null ? reference : pickUpload(now);
    }

    @GuardedBy("monitor")
    private @Nullable Work pickReference(long now) {
        while (!toReference.isEmpty() && toReference.first().dueNanos <= now) {
            OffloadEntry entry = toReference.removeFirst();
            Uploaded uploaded = entry.uploaded;
            if (uploaded != null
                    && now - uploaded.startedNanos()
                            < settings.referenceWithin().toNanos()) {
                return new Work.Reference(entry, uploaded.reference());
            }
            // The sweeper may be about to take it for an orphan: upload it again, under another name.
            entry.uploaded = null;
            entry.dueNanos = now;
            enqueue(entry);
        }
        return null;
    }

    @GuardedBy("monitor")
    private @Nullable Work pickUpload(long now) {
        while (!delayed.isEmpty() && delayed.first().dueNanos <= now) {
            enqueue(delayed.removeFirst());
        }
        boolean probing = storeFailures > 0 && uploading > 0;
        if (waiting.isEmpty() || probing || now < storePausedUntilNanos || !isReady(now)) {
            return null;
        }
        var pack = new ArrayList<OffloadEntry>();
        long packBytes = 0;
        for (OffloadEntry entry : waiting) {
            if (pack.isEmpty() || packBytes + entry.bytes() <= settings.targetBytes()) {
                pack.add(entry);
                packBytes += entry.bytes();
            }
            if (packBytes >= settings.targetBytes() || pack.size() == settings.maxSegments()) {
                break;
            }
        }
        pack.forEach(waiting::remove);
        waitingBytes -= packBytes;
        uploading++;
        return new Work.Upload(List.copyOf(pack));
    }

    @GuardedBy("monitor")
    private boolean isReady(long now) {
        return draining
                || waitingBytes >= settings.targetBytes()
                || waiting.size() >= settings.maxSegments()
                || waiting.first().dueNanos <= now;
    }

    @GuardedBy("monitor")
    private long millisUntilDue(long now) {
        long due = now + TimeUnit.MILLISECONDS.toNanos(IDLE_MILLIS);
        if (!waiting.isEmpty()) {
            due = Math.min(due, Math.max(waiting.first().dueNanos, storePausedUntilNanos));
            due = isReady(now) ? Math.min(due, Math.max(now, storePausedUntilNanos)) : due;
        }
        due = delayed.isEmpty() ? due : Math.min(due, delayed.first().dueNanos);
        due = toReference.isEmpty() ? due : Math.min(due, toReference.first().dueNanos);
        return Math.max(1, TimeUnit.NANOSECONDS.toMillis(due - now + 999_999));
    }

    /** The store has confirmed the object that holds {@code pack}, uploading which began at {@code startedNanos}. */
    void uploaded(List<OffloadEntry> pack, List<OffloadedSegment> references, long startedNanos) {
        synchronized (monitor) {
            uploading--;
            storeFailures = 0;
            long now = time.nanoseconds();
            for (int i = 0; i < pack.size(); i++) {
                OffloadEntry entry = pack.get(i);
                entry.uploaded = new Uploaded(references.get(i), startedNanos);
                entry.failures = 0;
                entry.dueNanos = now;
                toReference.add(entry);
            }
            changed();
        }
    }

    /** @return how often in a row the store has failed now */
    int storeFailed(List<OffloadEntry> pack) {
        synchronized (monitor) {
            uploading--;
            storeFailures++;
            long now = time.nanoseconds();
            storePausedUntilNanos = now + pauseNanos(storeFailures);
            // Due now, so behind those that are overdue: one that the store will never take does not hold up the
            // others.
            pack.forEach(entry -> {
                entry.dueNanos = now;
                enqueue(entry);
            });
            return storeFailures;
        }
    }

    /** One of {@code pack} could not be read: the others go on without it. */
    void unreadable(List<OffloadEntry> pack, Offloadable culprit) {
        synchronized (monitor) {
            uploading--;
            for (OffloadEntry entry : pack) {
                if (entry.isOf(culprit)) {
                    entry.failures++;
                    entry.dueNanos = time.nanoseconds() + pauseNanos(entry.failures);
                    delayed.add(entry);
                } else {
                    enqueue(entry);
                }
            }
            changed();
        }
    }

    /** The segment knows where it is, or is not wanted. */
    void done(OffloadEntry entry) {
        synchronized (monitor) {
            remove(entry);
        }
    }

    /** @return how often in a row it has failed now */
    int referenceFailed(OffloadEntry entry) {
        synchronized (monitor) {
            entry.failures++;
            entry.dueNanos = time.nanoseconds() + pauseNanos(entry.failures);
            toReference.add(entry);
            changed();
            return entry.failures;
        }
    }

    @GuardedBy("monitor")
    private long pauseNanos(int failures) {
        long nanos = backoff.nanos(failures);
        return draining ? Math.min(nanos, MAX_PAUSE_WHILE_DRAINING_NANOS) : nanos;
    }

    @GuardedBy("monitor")
    private void enqueue(OffloadEntry entry) {
        waiting.add(entry);
        waitingBytes += entry.bytes();
        changed();
    }

    @GuardedBy("monitor")
    private void remove(OffloadEntry entry) {
        PartitionId partition = entry.segment.partition();
        Map<Long, OffloadEntry> ofPartition = entries.get(partition);
        if (ofPartition != null && ofPartition.remove(entry.segment.segment().baseOffset()) != null) {
            segments--;
            bytes -= entry.bytes();
            if (ofPartition.isEmpty()) {
                entries.remove(partition);
            }
        }
        changed();
    }

    @GuardedBy("monitor")
    private void changed() {
        changes++;
        monitor.notifyAll();
    }

    /** While draining nothing waits for company, and pauses are short. */
    void draining(boolean nowDraining) {
        synchronized (monitor) {
            draining = nowDraining;
            if (nowDraining) {
                storePausedUntilNanos = time.nanoseconds();
                hurry(delayed);
                hurry(toReference);
            }
            changed();
        }
    }

    @GuardedBy("monitor")
    private void hurry(Set<OffloadEntry> paused) {
        var all = List.copyOf(paused);
        paused.clear();
        all.forEach(entry -> entry.dueNanos = time.nanoseconds());
        paused.addAll(all);
    }

    /** Returns when what is left is not {@code seen} any more, or a second or {@code deadlineMillis} has passed. */
    void awaitProgress(Offloader.Progress seen, long deadlineMillis) throws InterruptedException {
        try {
            long until = Math.min(deadlineMillis, time.milliseconds() + IDLE_MILLIS);
            time.waitObject(monitor, () -> !progress().equals(seen), until);
        } catch (TimeoutException e) {
            // The caller looks at its deadline.
        }
    }

    Offloader.Progress progress() {
        synchronized (monitor) {
            return new Offloader.Progress(segments, bytes);
        }
    }

    /** Whether a segment could not be read from the local disk when it was last tried. */
    boolean hasUnreadable() {
        synchronized (monitor) {
            return entries.values().stream()
                    .flatMap(ofPartition -> ofPartition.values().stream())
                    .anyMatch(entry -> entry.uploaded == null && entry.failures > 0);
        }
    }

    double oldestWaitSeconds() {
        synchronized (monitor) {
            long now = time.nanoseconds();
            long oldest = entries.values().stream()
                    .flatMap(ofPartition -> ofPartition.values().stream())
                    .mapToLong(entry -> now - entry.submittedNanos)
                    .max()
                    .orElse(0);
            return oldest / 1e9;
        }
    }

    void close() {
        synchronized (monitor) {
            closed = true;
            changed();
        }
    }
}
