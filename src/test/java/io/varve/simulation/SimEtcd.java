package io.varve.simulation;

import io.varve.metadata.Entry;
import io.varve.metadata.Range;
import io.varve.metadata.Txn;
import io.varve.metadata.TxnResult;
import io.varve.metadata.WatchListener.Changed;
import io.varve.metadata.WatchListener.Event;
import io.varve.metadata.WatchListener.Removed;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** What an etcd cluster keeps: keys, revisions, their history, leases. Each call is one moment; {@link SimStore} is the way there. */
final class SimEtcd {
    private final Simulator simulator;
    private final TreeMap<String, Entry> entries = new TreeMap<>();
    private final Map<String, Long> leaseOf = new HashMap<>();
    private final TreeMap<Long, Granted> leases = new TreeMap<>();
    private final TreeMap<Long, List<Event>> history = new TreeMap<>();
    private final Waiters watchers = new Waiters();
    private long revision = 1;
    private long compacted;
    private long nextLease = 1;
    private boolean down;
    private long writes;

    private static final class Granted {
        final long timeToLiveNanos;
        long expiresNanos;

        Granted(long timeToLiveNanos, long expiresNanos) {
            this.timeToLiveNanos = timeToLiveNanos;
            this.expiresNanos = expiresNanos;
        }
    }

    SimEtcd(Simulator simulator) {
        this.simulator = simulator;
    }

    boolean isDown() {
        return down;
    }

    void stop() {
        down = true;
    }

    /** As after an election: every lease has its whole time again. */
    void start() {
        if (down) {
            down = false;
            leases.values().forEach(lease -> lease.expiresNanos = simulator.nanos() + lease.timeToLiveNanos);
            leases.keySet().forEach(this::expireLater);
            watchers.wake();
        }
    }

    Optional<Entry> get(String key) {
        return Optional.ofNullable(entries.get(key));
    }

    Range range(String prefix) {
        SortedMap<String, Entry> found = entries.subMap(prefix, prefix + Character.MAX_VALUE);
        return new Range(List.copyOf(found.values()), revision);
    }

    TxnResult commit(Txn txn) {
        for (Txn.Compare compare : txn.compares()) {
            Entry entry = entries.get(compare.key());
            if ((entry == null ? Txn.ABSENT : entry.version()) != compare.version()) {
                return new TxnResult(false, revision);
            }
        }
        for (Txn.Operation operation : txn.operations()) {
            if (operation instanceof Txn.Put put
                    && put.lease() != null
                    && !leases.containsKey(put.lease().id())) {
                return new TxnResult(false, revision);
            }
        }
        writes++;
        revision++;
        List<Event> events = new ArrayList<>();
        for (Txn.Operation operation : txn.operations()) {
            switch (operation) {
                case Txn.Put put -> {
                    Entry entry = new Entry(put.key(), put.value().clone(), revision);
                    entries.put(put.key(), entry);
                    leaseOf.remove(put.key());
                    if (put.lease() != null) {
                        leaseOf.put(put.key(), put.lease().id());
                    }
                    events.add(new Changed(entry));
                }
                case Txn.Delete delete -> remove(delete.key(), events);
            }
        }
        publish(events);
        return new TxnResult(true, revision);
    }

    private void remove(String key, List<Event> events) {
        leaseOf.remove(key);
        if (entries.remove(key) != null) {
            events.add(new Removed(key, revision));
        }
    }

    private void publish(List<Event> events) {
        if (!events.isEmpty()) {
            history.put(revision, events);
            watchers.wake();
        }
    }

    /** Wakes whoever waits for news. */
    Waiters watchers() {
        return watchers;
    }

    /** What changed below {@code prefix} in the first revision after {@code revision} in which something did; empty when nothing has. */
    Optional<Map.Entry<Long, List<Event>>> next(String prefix, long after) {
        for (Map.Entry<Long, List<Event>> each : history.tailMap(after, false).entrySet()) {
            List<Event> wanted = each.getValue().stream()
                    .filter(event -> event.key().startsWith(prefix))
                    .toList();
            if (!wanted.isEmpty()) {
                return Optional.of(Map.entry(each.getKey(), wanted));
            }
        }
        return Optional.empty();
    }

    /** Forgets what has changed so far: a watch that has not seen all of it has to list again. */
    void compact() {
        compacted = revision;
        history.clear();
        watchers.wake();
    }

    /** Whether something after {@code seen} may be missing. */
    boolean isCompactedPast(long seen) {
        return seen < compacted;
    }

    long grant(long timeToLiveNanos) {
        long id = nextLease++;
        leases.put(id, new Granted(timeToLiveNanos, simulator.nanos() + timeToLiveNanos));
        expireLater(id);
        return id;
    }

    boolean keepAlive(long id) {
        Granted lease = leases.get(id);
        if (lease != null) {
            lease.expiresNanos = simulator.nanos() + lease.timeToLiveNanos;
        }
        return lease != null;
    }

    private void expireLater(long id) {
        Granted lease = leases.get(id);
        if (lease != null) {
            simulator.after(lease.expiresNanos - simulator.nanos(), () -> expire(id));
        }
    }

    private void expire(long id) {
        Granted lease = leases.get(id);
        if (lease == null || down) {
            return;
        }
        if (lease.expiresNanos > simulator.nanos()) {
            expireLater(id);
        } else {
            revoke(id);
        }
    }

    void revoke(long id) {
        if (leases.remove(id) == null) {
            return;
        }
        Set<String> keys = new HashSet<>();
        leaseOf.forEach((key, lease) -> {
            if (lease == id) {
                keys.add(key);
            }
        });
        if (!keys.isEmpty()) {
            revision++;
            List<Event> events = new ArrayList<>();
            keys.stream().sorted().forEach(key -> remove(key, events));
            publish(events);
        }
    }

    /** How many transactions were applied. */
    long writes() {
        return writes;
    }
}
