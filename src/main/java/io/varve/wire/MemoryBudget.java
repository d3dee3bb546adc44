package io.varve.wire;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The bytes of all requests in flight. Claims are granted in the order they were made, as long as the budget is not used up; so the
 * last one granted may go over it by its own size, nothing waits for ever, and a request larger than the whole budget passes too.
 * Never more than the limit and one frame is in use. Thread-safe.
 */
final class MemoryBudget {
    private final long limitBytes;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private long usedBytes;

    @GuardedBy("lock")
    private final LinkedHashSet<Claim> waiting = new LinkedHashSet<>();

    MemoryBudget(long limitBytes) {
        this.limitBytes = limitBytes;
    }

    private enum State {
        WAITING,
        GRANTED,
        GIVEN_BACK
    }

    /** The share of one request. Thread-safe. */
    final class Claim {
        private final int bytes;
        private final Runnable whenGranted;
        private volatile State state = State.WAITING;

        private Claim(int bytes, Runnable whenGranted) {
            this.bytes = bytes;
            this.whenGranted = whenGranted;
        }

        boolean isGranted() {
            return state == State.GRANTED;
        }

        /** Gives the bytes back, or stops waiting for them. Repeating it is harmless. */
        void giveBack() {
            List<Claim> granted;
            lock.lock();
            try {
                if (state == State.GRANTED) {
                    usedBytes -= bytes;
                } else {
                    waiting.remove(this);
                }
                state = State.GIVEN_BACK;
                granted = grantWaiting();
            } finally {
                lock.unlock();
            }
            granted.forEach(claim -> claim.whenGranted.run());
        }
    }

    /**
     * Claims {@code bytes}.
     *
     * @param whenGranted runs once, on some thread, when the claim could not be granted at once and is granted later; must be quick
     *     and must not throw
     */
    Claim claim(int bytes, Runnable whenGranted) {
        Claim claim = new Claim(bytes, whenGranted);
        lock.lock();
        try {
            // Somebody waits only while the budget is used up: nobody is overtaken here.
            if (usedBytes < limitBytes) {
                grant(claim);
            } else {
                waiting.add(claim);
            }
        } finally {
            lock.unlock();
        }
        return claim;
    }

    @GuardedBy("lock")
    private List<Claim> grantWaiting() {
        if (waiting.isEmpty() || usedBytes >= limitBytes) {
            return List.of();
        }
        List<Claim> granted = new ArrayList<>();
        Iterator<Claim> next = waiting.iterator();
        while (next.hasNext() && usedBytes < limitBytes) {
            Claim claim = next.next();
            next.remove();
            grant(claim);
            granted.add(claim);
        }
        return granted;
    }

    @GuardedBy("lock")
    private void grant(Claim claim) {
        usedBytes += claim.bytes;
        claim.state = State.GRANTED;
    }

    long usedBytes() {
        lock.lock();
        try {
            return usedBytes;
        } finally {
            lock.unlock();
        }
    }

    /** Claims that wait. */
    int waiting() {
        lock.lock();
        try {
            return waiting.size();
        } finally {
            lock.unlock();
        }
    }
}
