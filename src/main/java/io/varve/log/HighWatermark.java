package io.varve.log;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * How far a partition is safe (rules 3 and 6), and who waits for it to move: acks of appends, and listeners such as waiting fetches.
 *
 * <p>It moves under the partition's lock; whom that concerns is told outside of it, by {@link #publish}: they may take locks of
 * their own. Reading it needs no lock.
 */
final class HighWatermark {
    static final CompletableFuture<Void> NOTHING_TO_AWAIT = CompletableFuture.completedFuture(null);

    private static final Logger LOG = Logger.getLogger(HighWatermark.class);

    private final Object partition;
    private final CopyOnWriteArrayList<Runnable> listeners = new CopyOnWriteArrayList<>();

    /** Guarded by the partition's lock. */
    private final PendingAcks acks = new PendingAcks();

    private volatile Watermark current;

    /** @param partition its name, for the log */
    HighWatermark(Object partition, long offset) {
        this.partition = partition;
        this.current = new Watermark(offset, -1, 0);
    }

    Watermark current() {
        return current;
    }

    /** Completes when everything before {@code endOffset} is safe. Under the partition's lock. */
    CompletableFuture<Void> await(long endOffset) {
        return current.offset() >= endOffset ? NOTHING_TO_AWAIT : acks.await(endOffset);
    }

    /**
     * Moves to where {@code tail} is safe; it never moves back (rule 6), and not into a segment that the partition record does not name
     * yet. Under the partition's lock.
     *
     * @return what has to be published, without the lock
     */
    List<CompletableFuture<Void>> follow(@Nullable Tail tail) {
        if (tail == null || !tail.confirmed) {
            return List.of();
        }
        Watermark safe = tail.safe();
        if (safe.offset() < current.offset()) {
            return List.of();
        }
        current = safe;
        return acks.takeUpTo(safe.offset());
    }

    /** Takes out all acks that wait, to be failed by the caller. Under the partition's lock. */
    List<CompletableFuture<Void>> abandon() {
        return acks.takeAll();
    }

    void publish(List<CompletableFuture<Void>> safe) {
        for (CompletableFuture<Void> ack : safe) {
            ack.complete(null);
        }
        tellListeners();
    }

    void tellListeners() {
        for (Runnable listener : listeners) {
            try {
                listener.run();
            } catch (RuntimeException e) {
                // This may be the journal's thread: one listener's trouble must not reach anybody else.
                LOG.errorf(e, "a listener of the high watermark failed. partition=%s", partition);
            }
        }
    }

    void addListener(Runnable listener) {
        listeners.add(listener);
    }

    void removeListener(Runnable listener) {
        listeners.remove(listener);
    }
}
