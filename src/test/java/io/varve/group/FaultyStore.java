package io.varve.group;

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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** A store whose transactions on group records, and whose ranges, fail as a test wants. Closing it leaves the real one open. */
final class FaultyStore implements MetadataStore {
    private final MetadataStore real;
    private final List<Txn> groupTransactions = new ArrayList<>();
    private volatile Function<Txn, Fault> onGroupTransaction = txn -> Fault.NONE;
    private volatile int maxOperations;
    final AtomicInteger rangesToFail = new AtomicInteger();

    enum Fault {
        NONE,
        /** Refused for now: nothing is changed. */
        UNAVAILABLE,
        NO_SPACE,
        REFUSED,
        /** Applied, but the caller hears nothing of it. */
        UNKNOWN_APPLIED,
        /** Not applied, and the caller cannot know. */
        UNKNOWN_LOST
    }

    FaultyStore(MetadataStore real) {
        this.real = real;
        this.maxOperations = real.maxOperations();
    }

    void onGroupTransaction(Function<Txn, Fault> fault) {
        onGroupTransaction = fault;
    }

    /** The next {@code count} transactions on group records fail so. */
    void failNext(int count, Fault fault) {
        AtomicInteger left = new AtomicInteger(count);
        onGroupTransaction = txn -> left.getAndDecrement() > 0 ? fault : Fault.NONE;
    }

    void allowOperations(int operations) {
        maxOperations = operations;
    }

    /** Transactions on group records that were asked for, also those that failed. */
    synchronized List<Txn> groupTransactions() {
        return List.copyOf(groupTransactions);
    }

    @Override
    public TxnResult commit(Txn txn) {
        boolean ofGroups =
                txn.operations().stream().anyMatch(operation -> operation.key().startsWith("groups/"));
        if (!ofGroups) {
            return real.commit(txn);
        }
        synchronized (this) {
            groupTransactions.add(txn);
        }
        return switch (onGroupTransaction.apply(txn)) {
            case NONE -> real.commit(txn);
            case UNAVAILABLE -> throw new MetadataException(Kind.UNAVAILABLE, "injected", null);
            case NO_SPACE -> throw new MetadataException(Kind.NO_SPACE, "injected", null);
            case REFUSED -> throw new MetadataException(Kind.REFUSED, "injected", null);
            case UNKNOWN_APPLIED -> {
                TxnResult applied = real.commit(txn);
                throw new MetadataException(Kind.OUTCOME_UNKNOWN, "injected after " + applied, null);
            }
            case UNKNOWN_LOST -> throw new MetadataException(Kind.OUTCOME_UNKNOWN, "injected", null);
        };
    }

    @Override
    public Optional<Entry> get(String key) {
        return real.get(key);
    }

    @Override
    public Range range(String prefix) {
        if (prefix.startsWith("groups/") && rangesToFail.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            throw new MetadataException(Kind.UNAVAILABLE, "injected", null);
        }
        return real.range(prefix);
    }

    @Override
    public Watch watch(String prefix, long afterRevision, WatchListener listener) {
        return real.watch(prefix, afterRevision, listener);
    }

    @Override
    public Lease grantLease(Duration timeToLive) {
        return real.grantLease(timeToLive);
    }

    @Override
    public int maxOperations() {
        return maxOperations;
    }

    @Override
    public Optional<String> problem() {
        return real.problem();
    }

    @Override
    public void close() {}
}
