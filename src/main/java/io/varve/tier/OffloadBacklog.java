package io.varve.tier;

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
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Decides what is to be done next: which segments travel together, and when something that failed is tried again. Pure: no I/O, no
 * clock, no threads; every method is told what time it is, in nanoseconds.
 *
 * <pre>
 *   add -> waiting -> (uploading) -> toReference -> (referencing) -> gone
 *             ^            |               |               |
 *             +-- failed --+-- too late ---+               +-- failed: toReference
 * </pre>
 *
 * Holds as many entries as there are sealed segments on the local disk, which the disk's budget bounds. Not thread-safe.
 */
final class OffloadBacklog {
    private static final Comparator<OffloadEntry> BY_DUE =
            Comparator.<OffloadEntry>comparingLong(e -> e.dueNanos).thenComparingLong(e -> e.sequence);
    private static final long MAX_PAUSE_WHILE_DRAINING_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** What a worker is to do. */
    sealed interface Work {
        /** Put these into one object. */
        record Upload(List<OffloadEntry> entries) implements Work {}

        /** Tell the segment where it is. */
        record Reference(OffloadEntry entry, Uploaded uploaded) implements Work {}
    }

    private final OffloadSettings settings;
    private final Backoff backoff;

    /** All that are not gone, by what makes a segment that segment. */
    private final Map<PartitionId, Map<Long, OffloadEntry>> entries = new HashMap<>();

    private final TreeSet<OffloadEntry> waiting = new TreeSet<>(BY_DUE);
    /** Failed on their own, and wait for their next try. */
    private final TreeSet<OffloadEntry> delayed = new TreeSet<>(BY_DUE);

    private final TreeSet<OffloadEntry> toReference = new TreeSet<>(BY_DUE);
    private long waitingBytes;
    private long bytes;
    private int segments;
    private int uploading;
    private int storeFailures;
    private long storePausedUntilNanos;
    private boolean draining;
    private long sequence;

    OffloadBacklog(OffloadSettings settings, Backoff backoff, long now) {
        this.settings = settings;
        this.backoff = backoff;
        this.storePausedUntilNanos = now;
    }

    /** @param dueNanos until when it may wait for company */
    void add(Offloadable segment, long dueNanos, long now) {
        var entry = new OffloadEntry(segment, now, sequence++);
        entry.dueNanos = dueNanos;
        boolean isNew = entries.computeIfAbsent(segment.partition(), p -> new HashMap<>())
                        .putIfAbsent(segment.segment().baseOffset(), entry)
                == null;
        if (isNew) {
            segments++;
            bytes += entry.bytes();
            enqueue(entry);
        }
    }

    /** Forgets what is not being uploaded or referenced right now. */
    void withdraw(PartitionId partition) {
        for (OffloadEntry entry :
                List.copyOf(entries.getOrDefault(partition, Map.of()).values())) {
            if (waiting.remove(entry)) {
                waitingBytes -= entry.bytes();
                done(entry);
            } else if (delayed.remove(entry) || toReference.remove(entry)) {
                done(entry);
            }
        }
    }

    /** What to do now, or null. */
    @Nullable
    Work pick(long now) {
        Work reference = pickReference(now);
        return reference != null ? reference : pickUpload(now);
    }

    private @Nullable Work pickReference(long now) {
        while (!toReference.isEmpty() && toReference.first().dueNanos <= now) {
            OffloadEntry entry = toReference.removeFirst();
            Uploaded uploaded = entry.uploaded;
            if (uploaded != null && uploaded.isInTime(now, settings.referenceWithin())) {
                return new Work.Reference(entry, uploaded);
            }
            // The sweeper may be about to take it for an orphan: upload it again, under another name.
            entry.uploaded = null;
            entry.dueNanos = now;
            enqueue(entry);
        }
        return null;
    }

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

    private boolean isReady(long now) {
        return draining
                || waitingBytes >= settings.targetBytes()
                || waiting.size() >= settings.maxSegments()
                || waiting.first().dueNanos <= now;
    }

    /** When {@link #pick} may have something to do, if nothing happens before; {@link Long#MAX_VALUE} when never. */
    long nextDueNanos(long now) {
        long due = Long.MAX_VALUE;
        if (!waiting.isEmpty()) {
            due = Math.max(isReady(now) ? now : waiting.first().dueNanos, storePausedUntilNanos);
        }
        due = delayed.isEmpty() ? due : Math.min(due, delayed.first().dueNanos);
        return toReference.isEmpty() ? due : Math.min(due, toReference.first().dueNanos);
    }

    /** The store has confirmed the object that holds {@code pack}, uploading which began at {@code startedNanos}. */
    void uploaded(List<OffloadEntry> pack, List<OffloadedSegment> references, long startedNanos, long now) {
        uploading--;
        storeFailures = 0;
        for (int i = 0; i < pack.size(); i++) {
            OffloadEntry entry = pack.get(i);
            entry.uploaded = new Uploaded(references.get(i), startedNanos);
            entry.failures = 0;
            entry.dueNanos = now;
            toReference.add(entry);
        }
    }

    /** @return how often in a row the store has failed now */
    int storeFailed(List<OffloadEntry> pack, long now) {
        uploading--;
        storeFailures++;
        storePausedUntilNanos = now + pauseNanos(storeFailures);
        // Due now, so behind those that are overdue: one that the store will never take does not hold up the others.
        for (OffloadEntry entry : pack) {
            entry.dueNanos = now;
            enqueue(entry);
        }
        return storeFailures;
    }

    /** One of {@code pack} could not be read: the others go on without it. It is forgotten when it was removed on purpose. */
    void unreadable(List<OffloadEntry> pack, Offloadable culprit, long now) {
        uploading--;
        for (OffloadEntry entry : pack) {
            if (entry.isOf(culprit) && !culprit.isWanted()) {
                done(entry);
            } else if (entry.isOf(culprit)) {
                entry.failures++;
                entry.dueNanos = now + pauseNanos(entry.failures);
                delayed.add(entry);
            } else {
                enqueue(entry);
            }
        }
    }

    /** @return how often in a row it has failed now */
    int referenceFailed(OffloadEntry entry, long now) {
        entry.failures++;
        entry.dueNanos = now + pauseNanos(entry.failures);
        toReference.add(entry);
        return entry.failures;
    }

    /** The segment knows where it is, or is not wanted. */
    void done(OffloadEntry entry) {
        PartitionId partition = entry.segment.partition();
        Map<Long, OffloadEntry> ofPartition = entries.getOrDefault(partition, Map.of());
        if (ofPartition.remove(entry.segment.segment().baseOffset(), entry)) {
            segments--;
            bytes -= entry.bytes();
            if (ofPartition.isEmpty()) {
                entries.remove(partition);
            }
        }
    }

    private long pauseNanos(int failures) {
        long nanos = backoff.nanos(failures);
        return draining ? Math.min(nanos, MAX_PAUSE_WHILE_DRAINING_NANOS) : nanos;
    }

    private void enqueue(OffloadEntry entry) {
        waiting.add(entry);
        waitingBytes += entry.bytes();
    }

    /** While draining nothing waits for company, and pauses are short. */
    void draining(boolean nowDraining, long now) {
        draining = nowDraining;
        if (nowDraining) {
            storePausedUntilNanos = now;
            hurry(delayed, now);
            hurry(toReference, now);
        }
    }

    private static void hurry(Set<OffloadEntry> paused, long now) {
        var all = List.copyOf(paused);
        paused.clear();
        all.forEach(entry -> entry.dueNanos = now);
        paused.addAll(all);
    }

    Offloader.Progress progress() {
        return new Offloader.Progress(segments, bytes);
    }

    /** Whether a segment could not be read from the local disk when it was last tried. */
    boolean hasUnreadable() {
        return all().anyMatch(entry -> entry.uploaded == null && entry.failures > 0);
    }

    long oldestWaitNanos(long now) {
        return all().mapToLong(entry -> now - entry.submittedNanos).max().orElse(0);
    }

    private Stream<OffloadEntry> all() {
        return entries.values().stream().flatMap(ofPartition -> ofPartition.values().stream());
    }
}
