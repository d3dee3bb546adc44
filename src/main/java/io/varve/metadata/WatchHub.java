package io.varve.metadata;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Watches within one process: delivers events in order on a thread of its own and keeps a bounded history for late starters. */
final class WatchHub implements AutoCloseable {
    private static final int HISTORY = 10_000;

    private record Change(long revision, List<WatchListener.Event> events) {}

    private final ExecutorService delivery = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("varve-watch").daemon().factory());

    @GuardedBy("this")
    private final ArrayDeque<Change> history = new ArrayDeque<>();

    @GuardedBy("this")
    private final List<Subscription> subscriptions = new ArrayList<>();

    private final class Subscription implements Watch {
        private final String prefix;
        private final WatchListener listener;
        private volatile boolean closed;

        Subscription(String prefix, WatchListener listener) {
            this.prefix = prefix;
            this.listener = listener;
        }

        void offer(Change change) {
            List<WatchListener.Event> mine = change.events().stream()
                    .filter(event -> event.key().startsWith(prefix))
                    .toList();
            if (!mine.isEmpty()) {
                delivery.execute(() -> {
                    if (!closed) {
                        listener.onEvents(mine);
                    }
                });
            }
        }

        @Override
        public void close() {
            closed = true;
            synchronized (WatchHub.this) {
                subscriptions.remove(this);
            }
        }
    }

    /** Starts a watch behind {@code afterRevision}; {@code current} is the revision now. */
    synchronized Watch watch(String prefix, long afterRevision, long current, WatchListener listener) {
        Subscription subscription = new Subscription(prefix, listener);
        long oldestMissed = afterRevision + 1;
        boolean known = afterRevision >= current
                || (!history.isEmpty() && history.peek().revision() <= oldestMissed);
        if (!known) {
            delivery.execute(() -> listener.onLost(new MetadataException(
                    MetadataException.Kind.COMPACTED, "history before revision " + current + " is not kept", null)));
            return subscription;
        }
        for (Change change : history) {
            if (change.revision() > afterRevision) {
                subscription.offer(change);
            }
        }
        subscriptions.add(subscription);
        return subscription;
    }

    synchronized void publish(long revision, List<WatchListener.Event> events) {
        Change change = new Change(revision, List.copyOf(events));
        history.add(change);
        if (history.size() > HISTORY) {
            history.remove();
        }
        subscriptions.forEach(subscription -> subscription.offer(change));
    }

    @Override
    public void close() {
        delivery.shutdown();
    }
}
