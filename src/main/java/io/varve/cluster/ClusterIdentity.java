package io.varve.cluster;

import io.varve.metadata.MetadataStore;
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
        String id = FirstWritten.get(
                        store,
                        KEY,
                        Stored.class,
                        () -> new Stored(
                                configured.orElseGet(() -> Uuid.randomUuid().toString())),
                        "id")
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
}
