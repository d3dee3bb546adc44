package io.varve.replica;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The copies of one connection whose high watermark has moved since their member was told. The next batch of a copy tells it; of those to which
 * nothing is appended for a moment the member is told by itself, all of them in one write. A thread is there only while there are such
 * copies. At most one entry for each copy. Thread-safe.
 */
final class QuietCopies {
    /** How long nothing must have been appended. */
    private static final long QUIET_MILLIS = 10;

    private final ReplicaSettings settings;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private List<FedCopy> moved = new ArrayList<>();

    @GuardedBy("lock")
    private boolean working;

    QuietCopies(ReplicaSettings settings) {
        this.settings = settings;
    }

    /** Takes one that is not here yet. */
    void add(FedCopy copy) {
        boolean first;
        lock.lock();
        try {
            moved.add(copy);
            first = !working;
            working = true;
        } finally {
            lock.unlock();
        }
        if (first) {
            settings.run(this::work);
        }
    }

    private void work() {
        List<FedCopy> again = List.of();
        for (List<FedCopy> round = take(again); !round.isEmpty(); round = take(again)) {
            settings.time().sleep(QUIET_MILLIS);
            again = round.stream().filter(FedCopy::tellIfQuiet).toList();
        }
    }

    /** What is to be looked at; when that is nothing, the thread ends. */
    private List<FedCopy> take(List<FedCopy> again) {
        lock.lock();
        try {
            List<FedCopy> taken = moved;
            moved = new ArrayList<>();
            taken.addAll(again);
            working = !taken.isEmpty();
            return taken;
        } finally {
            lock.unlock();
        }
    }
}
