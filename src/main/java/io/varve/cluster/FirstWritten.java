package io.varve.cluster;

import io.varve.metadata.Entry;
import io.varve.metadata.MetadataException;
import io.varve.metadata.MetadataStore;
import io.varve.metadata.Txn;
import java.util.Optional;
import java.util.function.Supplier;

/** Values that whoever comes first writes, and that never change. */
final class FirstWritten {
    private FirstWritten() {}

    /**
     * The value at {@code key}; {@code made} if there is none yet. Whose it is when several brokers start at a time does not matter, so neither does
     * an unknown outcome.
     *
     * @param what it is, in words that follow "the cluster's"
     * @throws ClusterException when the store does not keep it
     */
    static <T> T get(MetadataStore store, String key, Class<T> type, Supplier<T> made, String what) {
        Optional<Entry> stored = store.get(key);
        if (stored.isEmpty()) {
            create(store, key, made.get());
            stored = store.get(key);
        }
        return Json.read(
                stored.orElseThrow(() -> new ClusterException(
                        "the metadata store did not keep the cluster's " + what + " (key " + key + "): start again")),
                type);
    }

    private static void create(MetadataStore store, String key, Object value) {
        try {
            store.commit(Txn.builder()
                    .require(key, Txn.ABSENT)
                    .put(key, Json.write(value))
                    .build());
        } catch (MetadataException e) {
            if (e.kind() != MetadataException.Kind.OUTCOME_UNKNOWN) {
                throw e;
            }
        }
    }
}
