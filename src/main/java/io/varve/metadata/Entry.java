package io.varve.metadata;

import java.nio.charset.StandardCharsets;

/**
 * A key with its value as it stood at some revision.
 *
 * @param key the key, without the store's prefix
 * @param value the value; not to be modified
 * @param version the revision of the store at which this value was written: what a {@link Txn} compares with
 */
public record Entry(String key, byte[] value, long version) {

    /** The value as UTF-8 text. */
    public String text() {
        return new String(value, StandardCharsets.UTF_8);
    }
}
