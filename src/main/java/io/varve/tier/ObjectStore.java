package io.varve.tier;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * A store of immutable objects: an S3-compatible bucket or a local folder. Keys are relative to the store's own prefix, made of
 * {@code [A-Za-z0-9._/-]}, at most 512 bytes. All methods block and throw {@link ObjectStoreException}. Thread-safe.
 */
public interface ObjectStore extends AutoCloseable {

    /**
     * Creates an object; it is visible whole or not at all (rule 7). When this returns, the object is durable.
     *
     * @throws ObjectStoreException with kind {@code EXISTS} when the key is taken, {@code OUTCOME_UNKNOWN} when it may have been
     *     written all the same (never reuse the key then)
     */
    void create(String key, ObjectContent content);

    /**
     * Reads {@code length} bytes from {@code position}.
     *
     * @return a buffer of exactly {@code length} bytes
     * @throws ObjectStoreException with kind {@code NOT_FOUND} when there is no such object or the range is outside of it
     */
    ByteBuffer read(String key, long position, int length);

    /** Length in bytes. */
    long length(String key);

    /** Calls {@code visitor} with pages of the objects whose key starts with {@code prefix}, in key order. */
    void list(String prefix, Consumer<List<StoredObject>> visitor);

    /** Deletes an object; no error when it is gone. Only the sweeper calls this (rule 8). */
    void delete(String key);

    /** What time it was by the store's own clock at its last answer, in milliseconds since 1970; empty when it does not say. */
    default OptionalLong clockMillis() {
        return OptionalLong.empty();
    }

    /** @param lastModifiedMillis by the store's clock */
    record StoredObject(String key, long sizeBytes, long lastModifiedMillis) {}

    @Override
    void close();
}
