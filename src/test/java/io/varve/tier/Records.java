package io.varve.tier;

import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord;
import io.varve.cluster.PartitionRecord.ManifestPage;
import io.varve.cluster.PartitionRecord.OffloadedSegment;
import io.varve.cluster.PartitionRecord.SealedSegment;
import io.varve.cluster.PartitionRecords;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** Partition records in memory. */
final class Records implements PartitionRecords {
    private final Map<PartitionId, Versioned> records = new TreeMap<>();

    static OffloadedSegment segment(long baseOffset, String object) {
        return new OffloadedSegment(baseOffset, baseOffset + 100, 1, 1_000 + baseOffset, object, 0, 500, 500, 20, 7);
    }

    static SealedSegment sealed(long baseOffset) {
        return new SealedSegment(baseOffset, baseOffset + 100, 1, 500, -1, List.of());
    }

    static PartitionRecord record(
            long logStartOffset,
            List<SealedSegment> sealed,
            List<OffloadedSegment> offloaded,
            List<ManifestPage> pages) {
        return new PartitionRecord(
                PartitionRecord.VERSION, 1, 1, logStartOffset, null, sealed, offloaded, pages, List.of(), 1_000_000);
    }

    void put(PartitionId id, PartitionRecord record) {
        records.put(id, new Versioned(record, 1));
    }

    void remove(PartitionId id) {
        records.remove(id);
    }

    @Override
    public Optional<Versioned> get(PartitionId id) {
        return Optional.ofNullable(records.get(id));
    }

    @Override
    public Map<PartitionId, Versioned> all() {
        return new HashMap<>(records);
    }

    @Override
    public Map<PartitionId, Versioned> get(List<PartitionId> ids) {
        var found = all();
        found.keySet().retainAll(ids);
        return found;
    }

    @Override
    public Optional<Versioned> compareAndSet(PartitionId id, long expectedVersion, PartitionRecord next) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Optional<Versioned> update(PartitionId id, UnaryOperator<PartitionRecord> change) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Optional<Versioned> updateUnlessRegistered(
            int broker, PartitionId id, UnaryOperator<PartitionRecord> change) {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean isRegistered(int broker) {
        throw new UnsupportedOperationException();
    }
}
