package io.varve.replica;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.netty.buffer.ByteBuf;
import io.netty.util.AbstractReferenceCounted;
import io.netty.util.ReferenceCounted;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A bound on bytes that were taken from connections and are still needed. The last one let in may go over it by its own size, so that a message of
 * any size passes. Thread-safe.
 */
final class ForwardBudget {
    /** What each message counts for at least: the objects around it. */
    private static final int MIN_BYTES = 512;

    private final long limitBytes;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition givenBack = lock.newCondition();

    @GuardedBy("lock")
    private long usedBytes;

    ForwardBudget(long limitBytes) {
        this.limitBytes = limitBytes;
    }

    /** A message with its share, given back with the last reference to it. */
    private final class Held extends AbstractReferenceCounted {
        private final ByteBuf bytes;
        private final int share;

        Held(ByteBuf bytes, int share) {
            this.bytes = bytes;
            this.share = share;
        }

        @Override
        protected void deallocate() {
            bytes.release();
            giveBack(share);
        }

        @Override
        public ReferenceCounted touch(Object hint) {
            bytes.touch(hint);
            return this;
        }
    }

    private static int share(int bytes) {
        return Math.max(MIN_BYTES, bytes);
    }

    /** Waits until {@code bytes} may be taken, and takes them. */
    void take(int bytes) {
        lock.lock();
        try {
            while (usedBytes >= limitBytes) {
                givenBack.awaitUninterruptibly();
            }
            usedBytes += share(bytes);
        } finally {
            lock.unlock();
        }
    }

    /** Takes {@code bytes}, unless the budget is used up. */
    boolean tryTake(int bytes) {
        lock.lock();
        try {
            if (usedBytes >= limitBytes) {
                return false;
            }
            usedBytes += share(bytes);
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Takes {@code bytes} whatever is in use. */
    void takeAnyway(int bytes) {
        lock.lock();
        try {
            usedBytes += share(bytes);
        } finally {
            lock.unlock();
        }
    }

    private void giveBack(int share) {
        lock.lock();
        try {
            usedBytes -= share;
            givenBack.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** What was taken for a message that did not come after all. */
    void returned(int bytes) {
        giveBack(share(bytes));
    }

    /** Ties the share that was taken for {@code bytes}, of {@code size} at that time, to their life. */
    ReferenceCounted hold(ByteBuf bytes, int size) {
        return new Held(bytes, share(size));
    }

    long usedBytes() {
        lock.lock();
        try {
            return usedBytes;
        } finally {
            lock.unlock();
        }
    }
}
