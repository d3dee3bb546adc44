package io.varve.metadata;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Watches within one process. The last changes are kept, bounded in number and bytes; one thread delivers them to each watch from where
 * that stands. A watch that stands before what is kept is lost. Thread-safe.
 */
final class WatchHub implements AutoCloseable {
    private static final int MAX_CHANGES = 10_000;
    private static final long MAX_BYTES = 8L << 20;

    private record Change(long revision, List<WatchListener.Event> events, long bytes) {}

    @GuardedBy("this")
    private final ArrayDeque<Change> history = new ArrayDeque<>();

    @GuardedBy("this")
    private long historyBytes;

    /** Everything after this revision is in the history. */
    @GuardedBy("this")
    private long forgotten;

    @GuardedBy("this")
    private long newest;

    /** Each watch with the revision it has everything of. */
    @GuardedBy("this")
    private final Map<Subscription, Long> subscriptions = new HashMap<>();

    @GuardedBy("this")
    private boolean closed;

    /** @param revision where history begins */
    WatchHub(long revision) {
        forgotten = revision;
        newest = revision;
        Thread.ofPlatform().daemon().name("varve-watch").start(this::deliverAll);
    }

    private final class Subscription implements Watch {
        private final String prefix;
        private final WatchDelivery listener;

        Subscription(String prefix, WatchDelivery listener) {
            this.prefix = prefix;
            this.listener = listener;
        }

        @Override
        public void close() {
            synchronized (WatchHub.this) {
                subscriptions.remove(this);
            }
        }
    }

    /** What one round has for one watch. */
    private record Delivery(Subscription to, List<WatchListener.Event> events, boolean isLost) {}

    /** Starts a watch behind {@code afterRevision}. */
    synchronized Watch watch(String prefix, long afterRevision, WatchListener listener) {
        Subscription subscription = new Subscription(prefix, new WatchDelivery(prefix, listener));
        subscriptions.put(subscription, afterRevision);
        notifyAll();
        return subscription;
    }

    /** Takes the changes of one revision, higher than all before. */
    synchronized void publish(long revision, List<WatchListener.Event> events) {
        long bytes = 0;
        for (WatchListener.Event event : events) {
            bytes += event instanceof WatchListener.Changed changed
                    ? changed.entry().value().length
                    : 0;
        }
        history.add(new Change(revision, List.copyOf(events), bytes));
        historyBytes += bytes;
        newest = revision;
        while (history.size() > MAX_CHANGES || (historyBytes > MAX_BYTES && history.size() > 1)) {
            Change oldest = history.remove();
            historyBytes -= oldest.bytes();
            forgotten = oldest.revision();
        }
        notifyAll();
    }

    private void deliverAll() {
        while (true) {
            List<Delivery> round;
            try {
                round = awaitRound();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            if (round.isEmpty()) {
                return;
            }
            round.forEach(this::deliver);
        }
    }

    private void deliver(Delivery delivery) {
        synchronized (this) {
            if (delivery.isLost() ? closed : !subscriptions.containsKey(delivery.to())) {
                return;
            }
        }
        if (delivery.isLost()) {
            delivery.to().listener.lost("history is kept from revision " + firstKept() + " on");
        } else {
            delivery.to().listener.events(delivery.events());
        }
    }

    private synchronized long firstKept() {
        return forgotten + 1;
    }

    /** The next deliveries; empty when the hub is closed. */
    private synchronized List<Delivery> awaitRound() throws InterruptedException {
        while (!closed) {
            List<Delivery> round = new ArrayList<>();
            for (Subscription subscription : List.copyOf(subscriptions.keySet())) {
                next(subscription, round);
            }
            if (!round.isEmpty()) {
                return round;
            }
            wait();
        }
        return List.of();
    }

    @GuardedBy("this")
    private void next(Subscription subscription, List<Delivery> round) {
        long delivered = subscriptions.getOrDefault(subscription, newest);
        if (delivered < forgotten) {
            subscriptions.remove(subscription);
            round.add(new Delivery(subscription, List.of(), true));
            return;
        }
        if (delivered >= newest) {
            return;
        }
        ArrayDeque<Change> news = new ArrayDeque<>();
        for (Iterator<Change> newestFirst = history.descendingIterator(); newestFirst.hasNext(); ) {
            Change change = newestFirst.next();
            if (change.revision() <= delivered) {
                break;
            }
            news.push(change);
        }
        subscriptions.put(subscription, newest);
        List<WatchListener.Event> events = news.stream()
                .flatMap(change -> change.events().stream())
                .filter(event -> event.key().startsWith(subscription.prefix))
                .toList();
        if (!events.isEmpty()) {
            round.add(new Delivery(subscription, events, false));
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        subscriptions.clear();
        notifyAll();
    }
}
