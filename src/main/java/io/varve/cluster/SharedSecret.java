package io.varve.cluster;

import io.varve.metadata.Entry;
import io.varve.metadata.MetadataException;
import io.varve.metadata.MetadataStore;
import io.varve.metadata.Txn;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;

/**
 * What the brokers of a cluster know and nobody else does, for their internal connections. Whoever may write to the metadata store may do
 * everything to the cluster anyway, so that is where it is kept unless an operator gives one.
 */
public final class SharedSecret {
    private static final String KEY = "internal-secret";
    private static final int BYTES = 32;
    private static final int MIN_CHARACTERS = 16;

    private SharedSecret() {}

    /**
     * The cluster's secret; made now if there is none yet.
     *
     * @param configured what this broker was told, if anything
     * @throws ClusterException when that is too short to be one
     */
    public static byte[] establish(MetadataStore store, Optional<String> configured, SecureRandom random) {
        if (configured.isPresent()) {
            if (configured.get().length() < MIN_CHARACTERS) {
                throw new ClusterException("varve.internal.secret has fewer than " + MIN_CHARACTERS + " characters");
            }
            return configured.get().getBytes(StandardCharsets.UTF_8);
        }
        Optional<Entry> stored = store.get(KEY);
        if (stored.isEmpty()) {
            create(store, random);
            stored = store.get(KEY);
        }
        return Json.read(
                        stored.orElseThrow(() -> new ClusterException(
                                "the metadata store did not keep the cluster's secret (key " + KEY + "): start again")),
                        Stored.class)
                .secret()
                .getBytes(StandardCharsets.UTF_8);
    }

    private record Stored(String secret) {}

    /** Whose it is when several brokers start at a time does not matter, so neither does an unknown outcome. */
    private static void create(MetadataStore store, SecureRandom random) {
        byte[] secret = new byte[BYTES];
        random.nextBytes(secret);
        try {
            store.commit(Txn.builder()
                    .require(KEY, Txn.ABSENT)
                    .put(KEY, Json.write(new Stored(Base64.getEncoder().encodeToString(secret))))
                    .build());
        } catch (MetadataException e) {
            if (e.kind() != MetadataException.Kind.OUTCOME_UNKNOWN) {
                throw e;
            }
        }
    }
}
