package io.varve.wire;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayDeque;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The bytes of all requests in flight. When they are used up, connections wait their turn; a request larger than the whole budget
 * passes alone, so nothing waits for ever. Thread-safe.
 */
final class MemoryBudget {
    private final long limitBytes;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private long usedBytes;

    @GuardedBy("lock")
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();

    MemoryBudget(long limitBytes) {
        this.limitBytes = limitBytes;
    }

    /**
     * Takes {@code bytes} if there is room.
     *
     * @param whenFreed otherwise run once, on some thread, when it is worth another try; must be quick
     */
    boolean tryTake(int bytes, Runnable whenFreed) {
        lock.lock();
        try {
            if (usedBytes == 0 || usedBytes + bytes <= limitBytes) {
                usedBytes += bytes;
                return true;
            }
            waiting.add(whenFreed);
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** Gives bytes back and wakes those who wait. */
    void give(int bytes) {
        Runnable[] woken;
        lock.lock();
        try {
            usedBytes -= bytes;
            if (waiting.isEmpty()) {
                return;
            }
            woken = waiting.toArray(Runnable[]::new);
            waiting.clear();
        } finally {
            lock.unlock();
        }
        for (Runnable waiter : woken) {
            waiter.run();
        }
    }

    long usedBytes() {
        lock.lock();
        try {
            return usedBytes;
        } finally {
            lock.unlock();
        }
    }

    int waiting() {
        lock.lock();
        try {
            return waiting.size();
        } finally {
            lock.unlock();
        }
    }
}
