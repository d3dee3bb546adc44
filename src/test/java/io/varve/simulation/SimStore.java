package io.varve.simulation;

import io.varve.metadata.Entry;
import io.varve.metadata.Lease;
import io.varve.metadata.MetadataException;
import io.varve.metadata.MetadataException.Kind;
import io.varve.metadata.MetadataStore;
import io.varve.metadata.Range;
import io.varve.metadata.Txn;
import io.varve.metadata.TxnResult;
import io.varve.metadata.Watch;
import io.varve.metadata.WatchListener;
import io.varve.metadata.WatchListener.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** A process's way to {@link SimEtcd}: answers take a while, and sometimes do not come. */
final class SimStore implements MetadataStore {
    /** The machine that etcd is on, for cuts. */
    static final int MACHINE = 0;

    private static final long REQUEST_LIMIT_MILLIS = 1_000;

    private final Simulator simulator;
    private final SimEtcd etcd;
    private final SimNetwork network;
    private final SimProcess process;
    private boolean closed;

    SimStore(SimEtcd etcd, SimNetwork network, SimProcess process) {
        this.simulator = process.simulator();
        this.etcd = etcd;
        this.network = network;
        this.process = process;
    }

    private boolean isAway() {
        return etcd.isDown() || network.isCut(process.machine(), MACHINE) || network.isCut(MACHINE, process.machine());
    }

    private <T> T call(Kind whenUnknown, Supplier<T> request) {
        requireOpen();
        simulator.sleepNanos(latency());
        if (isAway()) {
            simulator.sleepMillis(REQUEST_LIMIT_MILLIS);
            throw new MetadataException(Kind.UNAVAILABLE, "the metadata store does not answer", null);
        }
        T answer = request.get();
        simulator.sleepNanos(latency());
        if (isAway()) {
            simulator.sleepMillis(REQUEST_LIMIT_MILLIS);
            throw new MetadataException(whenUnknown, "the metadata store has not answered", null);
        }
        requireOpen();
        return answer;
    }

    private void requireOpen() {
        if (closed) {
            throw new MetadataException(Kind.CLOSED, "the store was closed", null);
        }
    }

    private long latency() {
        return simulator.oneIn(30) ? simulator.micros(2_000, 60_000) : simulator.micros(200, 1_500);
    }

    @Override
    public Optional<Entry> get(String key) {
        return call(Kind.UNAVAILABLE, () -> etcd.get(key));
    }

    @Override
    public Range range(String prefix) {
        return call(Kind.UNAVAILABLE, () -> etcd.range(prefix));
    }

    @Override
    public TxnResult commit(Txn txn) {
        return call(Kind.OUTCOME_UNKNOWN, () -> etcd.commit(txn));
    }

    @Override
    public Watch watch(String prefix, long afterRevision, WatchListener listener) {
        requireOpen();
        SimWatch watch = new SimWatch(prefix, afterRevision, listener);
        process.blocking().execute(watch::run);
        return watch;
    }

    private final class SimWatch implements Watch {
        private final String prefix;
        private final WatchListener listener;
        private long seen;
        private boolean over;

        SimWatch(String prefix, long after, WatchListener listener) {
            this.prefix = prefix;
            this.seen = after;
            this.listener = listener;
        }

        void run() {
            while (!over && !closed) {
                etcd.watchers()
                        .await(() -> over
                                || closed
                                || etcd.isCompactedPast(seen)
                                || etcd.next(prefix, seen).isPresent());
                simulator.sleepNanos(latency());
                if (isAway()) {
                    simulator.sleepMillis(100);
                    continue;
                }
                if (etcd.isCompactedPast(seen)) {
                    over = true;
                    listener.onLost(new MetadataException(Kind.UNAVAILABLE, "compacted past revision " + seen, null));
                    return;
                }
                Optional<Map.Entry<Long, List<Event>>> next = etcd.next(prefix, seen);
                if (next.isPresent() && !over && !closed) {
                    seen = next.get().getKey();
                    listener.onEvents(next.get().getValue());
                }
            }
        }

        @Override
        public void close() {
            over = true;
            etcd.watchers().wake();
        }
    }

    @Override
    public void later(Duration delay, Runnable task) {
        process.blocking().execute(() -> {
            simulator.sleepNanos(delay.toNanos());
            task.run();
        });
    }

    @Override
    public Lease grantLease(Duration timeToLive) {
        long sent = simulator.nanos();
        long id = call(Kind.UNAVAILABLE, () -> etcd.grant(timeToLive.toNanos()));
        SimLease lease = new SimLease(id, timeToLive.toNanos(), sent);
        process.blocking().execute(lease::keep);
        return lease;
    }

    /** As the lease at etcd is kept: this side gives up first. */
    private final class SimLease implements Lease {
        private final long id;
        private final long timeToLiveNanos;
        private final List<Runnable> actions = new ArrayList<>();
        private long deadlineNanos;
        private boolean released;
        private boolean lost;

        SimLease(long id, long timeToLiveNanos, long sentNanos) {
            this.id = id;
            this.timeToLiveNanos = timeToLiveNanos;
            this.deadlineNanos = sentNanos + timeToLiveNanos;
        }

        void keep() {
            boolean answered = true;
            while (isHeld()) {
                long pause = answered ? timeToLiveNanos / 3 : TimeUnit.MILLISECONDS.toNanos(50);
                simulator.sleepNanos(Math.min(pause, Math.max(0, deadlineNanos - simulator.nanos())));
                answered = isHeld() && beat();
            }
            if (!released) {
                lost = true;
                actions.forEach(process.blocking()::execute);
                end();
            }
        }

        private boolean beat() {
            long sent = simulator.nanos();
            simulator.sleepNanos(latency());
            if (isAway()) {
                simulator.sleepNanos(timeToLiveNanos / 4);
                return false;
            }
            boolean there = etcd.keepAlive(id);
            simulator.sleepNanos(latency());
            if (isAway()) {
                return false;
            }
            deadlineNanos = there ? sent + timeToLiveNanos : simulator.nanos();
            return true;
        }

        @Override
        public long id() {
            return id;
        }

        @Override
        public boolean isHeld() {
            return !released && !closed && deadlineNanos - simulator.nanos() > 0;
        }

        @Override
        public void onLost(Runnable action) {
            if (lost) {
                process.blocking().execute(action);
            } else {
                actions.add(action);
            }
        }

        @Override
        public void close() {
            if (!released) {
                released = true;
                end();
            }
        }

        private void end() {
            simulator.sleepNanos(latency());
            if (!isAway()) {
                etcd.revoke(id);
            }
        }
    }

    @Override
    public int maxOperations() {
        return 128;
    }

    @Override
    public Optional<String> problem() {
        return isAway() ? Optional.of("the metadata store does not answer") : Optional.empty();
    }

    @Override
    public void close() {
        closed = true;
        etcd.watchers().wake();
    }
}
