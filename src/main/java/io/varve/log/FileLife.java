package io.varve.log;

import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One life of a segment's file: from when it is created, or first looked at, until it is deleted or another file takes its name. All who know the
 * file in that time share it: a journal that still has to sync it, an owner that is none any more, who found it on the disk after that. Thread-safe.
 */
final class FileLife {
    private final ReentrantLock lock = new ReentrantLock();
    private volatile boolean over;

    /** Something to do to files. */
    interface Step {
        void run() throws IOException;
    }

    boolean isOver() {
        return over;
    }

    /** Ends it by {@code deletion}; nothing happens when it is over. */
    void end(Runnable deletion) {
        lock.lock();
        try {
            if (!over) {
                over = true;
                deletion.run();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Runs {@code step} unless it is over, and keeps it from ending meanwhile. */
    void whileItLasts(Step step) throws IOException {
        lock.lock();
        try {
            if (!over) {
                step.run();
            }
        } finally {
            lock.unlock();
        }
    }
}
