package io.varve.tier;

import io.varve.tier.ObjectStoreException.Kind;
import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Opens object stores by their address. */
public final class ObjectStores {
    private ObjectStores() {}

    /**
     * Opens {@code s3://bucket/prefix} or {@code file:///folder}. Does not talk to an S3 endpoint yet: see {@link #check}.
     *
     * @param settings everything but bucket and prefix, which come from {@code address}
     * @throws ObjectStoreException of kind {@code REFUSED} when the address is none or the folder cannot be used
     */
    public static ObjectStore open(URI address, S3Settings settings) {
        String scheme = address.getScheme() == null ? "" : address.getScheme();
        return switch (scheme) {
            case "s3" -> new S3ObjectStore(settings.at(bucket(address), prefix(address)));
            case "file" -> new FolderObjectStore(folder(address));
            default -> throw refused(address);
        };
    }

    /** @throws ObjectStoreException when the store does not answer or does not let us in, with words for the operator */
    public static void check(ObjectStore store) {
        store.list("check/", page -> {});
    }

    // A bucket name with an underscore is no host name to URI, but is the authority all the same.
    private static String bucket(URI address) {
        @Nullable String bucket = address.getAuthority();
        if (bucket == null || bucket.isEmpty()) {
            throw refused(address);
        }
        return bucket;
    }

    private static String prefix(URI address) {
        String path = address.getPath() == null ? "" : address.getPath();
        int from = 0;
        int to = path.length();
        while (from < to && path.charAt(from) == '/') {
            from++;
        }
        while (to > from && path.charAt(to - 1) == '/') {
            to--;
        }
        return path.substring(from, to);
    }

    private static Path folder(URI address) {
        try {
            return Path.of(address);
        } catch (IllegalArgumentException e) {
            throw new ObjectStoreException(Kind.REFUSED, "Not a folder: " + address + " (expected file:///folder)", e);
        }
    }

    private static ObjectStoreException refused(URI address) {
        return new ObjectStoreException(
                Kind.REFUSED,
                "Not an object store: " + address + " (expected s3://bucket/prefix or file:///folder)",
                null);
    }
}
