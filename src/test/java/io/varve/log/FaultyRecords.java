package io.varve.log;

import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord;
import io.varve.cluster.PartitionRecords;
import io.varve.metadata.MetadataException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;

/** Partition records whose store may be away, or may not say whether a change was made. */
final class FaultyRecords implements PartitionRecords {
    /** Tries of changes that were refused because the store was away. */
    final AtomicInteger refused = new AtomicInteger();

    /** This many of the next changes are made, but their outcome is not told. */
    final AtomicInteger outcomesUnknown = new AtomicInteger();

    private final AtomicReference<Runnable> beforeNextChange = new AtomicReference<>(() -> {});
    private final PartitionRecords store;
    private volatile boolean away;

    FaultyRecords(PartitionRecords store) {
        this.store = store;
    }

    void away(boolean now) {
        away = now;
    }

    /** Runs {@code action} before the next change that is tried, on the thread that tries it. */
    void beforeNextChange(Runnable action) {
        beforeNextChange.set(action);
    }

    private void requireThere() {
        if (away) {
            refused.incrementAndGet();
            throw new MetadataException(MetadataException.Kind.UNAVAILABLE, "the store is away", null);
        }
    }

    @Override
    public Optional<Versioned> get(PartitionId id) {
        requireThere();
        return store.get(id);
    }

    @Override
    public Map<PartitionId, Versioned> all() {
        requireThere();
        return store.all();
    }

    @Override
    public Map<PartitionId, Versioned> get(List<PartitionId> ids) {
        requireThere();
        return store.get(ids);
    }

    @Override
    public Optional<Versioned> compareAndSet(PartitionId id, long expectedVersion, PartitionRecord next) {
        requireThere();
        beforeNextChange.getAndSet(() -> {}).run();
        return store.compareAndSet(id, expectedVersion, next);
    }

    @Override
    public Optional<Versioned> updateUnlessRegistered(
            int broker, PartitionId id, UnaryOperator<PartitionRecord> change) {
        requireThere();
        beforeNextChange.getAndSet(() -> {}).run();
        return store.updateUnlessRegistered(broker, id, change);
    }

    @Override
    public boolean isRegistered(int broker) {
        requireThere();
        return store.isRegistered(broker);
    }

    @Override
    public Optional<Versioned> update(PartitionId id, UnaryOperator<PartitionRecord> change) {
        requireThere();
        beforeNextChange.getAndSet(() -> {}).run();
        Optional<Versioned> updated = store.update(id, change);
        if (outcomesUnknown.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            throw new MetadataException(MetadataException.Kind.OUTCOME_UNKNOWN, "the answer was lost", null);
        }
        return updated;
    }
}
