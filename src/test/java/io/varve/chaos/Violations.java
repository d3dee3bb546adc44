package io.varve.chaos;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jboss.logging.Logger;

/** What must not have happened and did: the first hundred in words, and how many. Thread-safe. */
final class Violations {
    private static final Logger LOG = Logger.getLogger(Violations.class);
    private static final int MOST = 100;

    private final List<String> words = new CopyOnWriteArrayList<>();
    private final AtomicInteger count = new AtomicInteger();

    void add(String what) {
        if (count.incrementAndGet() <= MOST) {
            words.add(what);
            LOG.errorf("violation. %s", what);
        }
    }

    boolean none() {
        return count.get() == 0;
    }

    int count() {
        return count.get();
    }

    List<String> words() {
        return List.copyOf(words);
    }
}
