package io.varve.cluster;

import io.varve.metadata.Entry;
import io.varve.metadata.Lease;
import io.varve.metadata.MetadataException;
import io.varve.metadata.MetadataStore;
import io.varve.metadata.Range;
import io.varve.metadata.Txn;
import io.varve.metadata.TxnResult;
import io.varve.metadata.Watch;
import io.varve.metadata.WatchListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A real store whose answers get lost, whose watches lose their place and whose leases end when a test says so. */
final class FlakyStore implements MetadataStore {
    private final MetadataStore real;
    private final List<FlakyWatch> watches = new CopyOnWriteArrayList<>();
    private final List<FlakyLease> leases = new CopyOnWriteArrayList<>();
    private final AtomicReference<@Nullable Fault> next = new AtomicReference<>();
    private volatile boolean down;

    /** What happens to the next transaction. */
    enum Fault {
        APPLIED_WITHOUT_ANSWER,
        LOST_BEFORE_IT_WAS_APPLIED,
        NO_SPACE
    }

    FlakyStore(MetadataStore real) {
        this.real = real;
    }

    void failNext(Fault fault) {
        next.set(fault);
    }

    /** While down, nothing is answered. */
    void down(boolean isDown) {
        down = isDown;
    }

    /** Ends all watches as when etcd has compacted past their place; {@code meanwhile} happens unseen by them. */
    void loseWatches(Runnable meanwhile) {
        List<FlakyWatch> lost = new ArrayList<>(watches);
        lost.forEach(FlakyWatch::close);
        meanwhile.run();
        lost.forEach(watch -> watch.listener.onLost(
                new MetadataException(MetadataException.Kind.COMPACTED, "lost by the test", null)));
    }

    /** Ends all leases as when they were not confirmed in time: their keys are gone. */
    void loseLeases() {
        leases.forEach(FlakyLease::lose);
    }

    private void requireUp() {
        if (down) {
            throw new MetadataException(MetadataException.Kind.UNAVAILABLE, "down by the test", null);
        }
    }

    @Override
    public Optional<Entry> get(String key) {
        requireUp();
        return real.get(key);
    }

    @Override
    public Range range(String prefix) {
        requireUp();
        return real.range(prefix);
    }

    @Override
    public TxnResult commit(Txn txn) {
        requireUp();
        Fault fault = next.getAndSet(null);
        if (fault == Fault.LOST_BEFORE_IT_WAS_APPLIED) {
            throw unknown();
        }
        if (fault == Fault.NO_SPACE) {
            throw new MetadataException(MetadataException.Kind.NO_SPACE, "full by the test", null);
        }
        TxnResult result = real.commit(unwrapped(txn));
        if (fault == Fault.APPLIED_WITHOUT_ANSWER) {
            throw unknown();
        }
        return result;
    }

    private static MetadataException unknown() {
        return new MetadataException(MetadataException.Kind.OUTCOME_UNKNOWN, "answer lost by the test", null);
    }

    private static Txn unwrapped(Txn txn) {
        return new Txn(
                txn.compares(),
                txn.operations().stream()
                        .map(operation -> operation instanceof Txn.Put put && put.lease() instanceof FlakyLease lease
                                ? new Txn.Put(put.key(), put.value(), lease.real)
                                : operation)
                        .toList());
    }

    @Override
    public Watch watch(String prefix, long afterRevision, WatchListener listener) {
        FlakyWatch watch = new FlakyWatch(real.watch(prefix, afterRevision, listener), listener);
        watches.add(watch);
        return watch;
    }

    private final class FlakyWatch implements Watch {
        private final Watch real;
        private final WatchListener listener;

        FlakyWatch(Watch real, WatchListener listener) {
            this.real = real;
            this.listener = listener;
        }

        @Override
        public void close() {
            watches.remove(this);
            real.close();
        }
    }

    @Override
    public Lease grantLease(Duration timeToLive) {
        requireUp();
        FlakyLease lease = new FlakyLease(real.grantLease(timeToLive));
        leases.add(lease);
        return lease;
    }

    private static final class FlakyLease implements Lease {
        private final Lease real;
        private final AtomicBoolean lost = new AtomicBoolean();
        private final List<Runnable> actions = new CopyOnWriteArrayList<>();

        FlakyLease(Lease real) {
            this.real = real;
        }

        void lose() {
            if (real.isHeld() && lost.compareAndSet(false, true)) {
                real.close();
                actions.forEach(Thread::startVirtualThread);
            }
        }

        @Override
        public long id() {
            return real.id();
        }

        @Override
        public boolean isHeld() {
            return real.isHeld();
        }

        @Override
        public void onLost(Runnable action) {
            actions.add(action);
        }

        @Override
        public void close() {
            real.close();
        }
    }

    @Override
    public int maxOperations() {
        return real.maxOperations();
    }

    @Override
    public Optional<String> problem() {
        return real.problem();
    }

    @Override
    public void close() {
        real.close();
    }
}
