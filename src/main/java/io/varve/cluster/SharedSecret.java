package io.varve.cluster;

import io.varve.metadata.MetadataStore;
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
        return FirstWritten.get(store, KEY, Stored.class, () -> made(random), "secret")
                .secret()
                .getBytes(StandardCharsets.UTF_8);
    }

    private record Stored(String secret) {}

    private static Stored made(SecureRandom random) {
        byte[] secret = new byte[BYTES];
        random.nextBytes(secret);
        return new Stored(Base64.getEncoder().encodeToString(secret));
    }
}
