package io.varve.cluster;

import io.varve.metadata.Entry;
import io.varve.metadata.MetadataException;
import io.varve.metadata.MetadataStore;
import io.varve.metadata.Txn;
import java.util.Optional;
import org.apache.kafka.common.Uuid;

/** The cluster's id, at the key {@code cluster}: whoever comes first writes it, and it never changes. */
public final class ClusterIdentity {
    private static final String KEY = "cluster";

    private record Stored(String id) {}

    private ClusterIdentity() {}

    /**
     * The id of the cluster in {@code store}.
     *
     * @param configured what this broker was told, if anything
     * @throws ClusterException when it was told another one
     */
    public static String establish(MetadataStore store, Optional<String> configured) {
        Optional<Entry> stored = store.get(KEY);
        if (stored.isEmpty()) {
            String id = configured.orElseGet(() -> Uuid.randomUuid().toString());
            create(store, id);
            stored = store.get(KEY);
        }
        String id = Json.read(
                        stored.orElseThrow(() -> new ClusterException(
                                "the metadata store did not keep the cluster's id (key " + KEY + "): start again")),
                        Stored.class)
                .id();
        if (configured.isPresent() && !configured.get().equals(id)) {
            throw new ClusterException("the metadata store holds cluster " + id + ", but varve.cluster.id is "
                    + configured.get() + ": use another varve.etcd.prefix for another cluster, or correct the id");
        }
        return id;
    }

    /** Whether {@code store} holds this cluster. Changes nothing: a store that was emptied must not be given the id for being asked. */
    public static boolean holds(MetadataStore store, String id) {
        return store.get(KEY)
                .map(entry -> Json.read(entry, Stored.class).id().equals(id))
                .orElse(false);
    }

    /** Whether it was this call or another's that created it does not matter, so neither does an unknown outcome. */
    private static void create(MetadataStore store, String id) {
        try {
            store.commit(Txn.builder()
                    .require(KEY, Txn.ABSENT)
                    .put(KEY, Json.write(new Stored(id)))
                    .build());
        } catch (MetadataException e) {
            if (e.kind() != MetadataException.Kind.OUTCOME_UNKNOWN) {
                throw e;
            }
        }
    }
}
