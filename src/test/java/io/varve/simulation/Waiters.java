package io.varve.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Threads that wait for something that belongs to the simulation. */
final class Waiters {
    private final List<Thread> threads = new ArrayList<>();

    /** Blocks until {@code condition} holds; looks again at every {@link #wake}. Returns early, as false, when it is interrupted. */
    boolean await(BooleanSupplier condition) {
        Thread self = Thread.currentThread();
        while (!condition.getAsBoolean()) {
            if (self.isInterrupted()) {
                return false;
            }
            threads.add(self);
            LockSupport.park();
            threads.remove(self);
        }
        return true;
    }

    void wake() {
        List.copyOf(threads).forEach(LockSupport::unpark);
    }
}
