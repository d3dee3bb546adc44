package io.varve.tier;

import io.varve.tier.ObjectStoreException.Kind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * The object that says which cluster a bucket prefix belongs to. The first broker creates it, nobody changes it, and it lies where no
 * sweeper looks. Its length is fixed, so that one request reads it.
 */
final class ClusterMark {
    static final String KEY = "cluster.json";
    private static final int BYTES = 512;

    private record Content(String cluster) {}

    private ClusterMark() {}

    /** The cluster that the prefix belongs to; empty when nobody has marked it. */
    static Optional<String> read(ObjectStore store) {
        ByteBuffer content;
        try {
            content = store.read(KEY, 0, BYTES);
        } catch (ObjectStoreException e) {
            if (e.kind() == Kind.NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
        return Optional.of(Json.read(content, Content.class, KEY).cluster());
    }

    /**
     * Marks the prefix for a cluster, unless somebody has done so in between, and says whose it is. It is read again in any case: with a
     * store that does not know conditional writes the last one of two wins, and both see that one.
     */
    static String create(ObjectStore store, String cluster) {
        Kind refusal = null;
        try {
            store.create(KEY, new ByteArrayContent(padded(Json.write(new Content(cluster)))));
        } catch (ObjectStoreException e) {
            if (e.kind() != Kind.EXISTS && e.kind() != Kind.OUTCOME_UNKNOWN) {
                throw e;
            }
            refusal = e.kind();
        }
        Optional<String> owner = read(store);
        if (owner.isEmpty() && refusal == Kind.EXISTS) {
            throw new ObjectStoreException(
                    Kind.REFUSED,
                    "the object store has an object " + KEY + " that is not Varve's: use another prefix in"
                            + " varve.object-store.url",
                    null);
        }
        return owner.orElseThrow(() -> new ObjectStoreException(
                Kind.UNAVAILABLE, "object " + KEY + " cannot be read after it was created", null));
    }

    private static byte[] padded(byte[] json) {
        if (json.length >= BYTES) {
            throw new IllegalArgumentException(
                    "the cluster's id is too long for object " + KEY + ": " + new String(json, StandardCharsets.UTF_8));
        }
        byte[] padded = Arrays.copyOf(json, BYTES);
        Arrays.fill(padded, json.length, BYTES - 1, (byte) ' ');
        padded[BYTES - 1] = '\n';
        return padded;
    }
}
