package io.varve.cluster;

import io.varve.metadata.Entry;
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
            store.commit(Txn.builder()
                    .require(KEY, Txn.ABSENT)
                    .put(KEY, Json.write(new Stored(id)))
                    .build());
            stored = store.get(KEY);
        }
        String id = Json.read(
                        stored.orElseThrow(() -> new ClusterException("the key " + KEY + " has vanished")),
                        Stored.class)
                .id();
        if (configured.isPresent() && !configured.get().equals(id)) {
            throw new ClusterException("the metadata store holds cluster " + id + ", but varve.cluster.id is "
                    + configured.get() + ": use another varve.etcd.prefix for another cluster, or correct the id");
        }
        return id;
    }
}
