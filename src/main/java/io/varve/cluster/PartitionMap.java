package io.varve.cluster;

import io.varve.cluster.PartitionRecords.Versioned;
import io.varve.metadata.Entry;
import io.varve.metadata.MetadataStore;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * The records of all partitions of the cluster, kept in memory by one watch: what Metadata is answered from and what tells a broker that
 * a partition has become its own, or another's. It may be a moment behind the store: whoever changes a record reads it there (rule 1).
 * Thread-safe.
 */
public final class PartitionMap implements AutoCloseable {
    private final Map<PartitionId, Versioned> records = new ConcurrentHashMap<>();
    private final List<Consumer<PartitionId>> listeners = new CopyOnWriteArrayList<>();
    private final Mirror mirror;

    /** Reads all records and follows their changes from then on. Blocks. */
    public PartitionMap(MetadataStore store) {
        mirror = Mirror.start(store, StoredPartitionRecords.PREFIX, new Image());
    }

    private final class Image implements Mirror.Image {
        @Override
        public void put(Entry entry) {
            PartitionId id = StoredPartitionRecords.id(entry.key());
            records.put(
                    id,
                    new Versioned(Json.read(entry, PartitionRecord.class, PartitionRecord.VERSION), entry.version()));
            tell(id);
        }

        @Override
        public void remove(String key) {
            PartitionId id = StoredPartitionRecords.id(key);
            records.remove(id);
            tell(id);
        }
    }

    private void tell(PartitionId id) {
        listeners.forEach(listener -> listener.accept(id));
    }

    /** The partition's record as it was last seen; empty when it was never written to. */
    public Optional<PartitionRecord> find(PartitionId id) {
        return versioned(id).map(Versioned::record);
    }

    /** The same, with its version. */
    public Optional<Versioned> versioned(PartitionId id) {
        return Optional.ofNullable(records.get(id));
    }

    /** Calls {@code listener} after each change of a record, on the watch's thread: it must be quick and must not throw. */
    public void addListener(Consumer<PartitionId> listener) {
        listeners.add(listener);
    }

    /** Reads all records again: what is known is no older than the beginning of this call then. Blocks; throws what the store throws. */
    public void refresh() {
        mirror.refresh();
    }

    @Override
    public void close() {
        mirror.close();
    }
}
