package io.varve.metadata;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A transaction: compares, and the operations to apply when all of them hold. A key may occur in at most one operation.
 *
 * @param compares what must hold; empty means always
 * @param operations what is then done, atomically
 */
public record Txn(List<Compare> compares, List<Operation> operations) {

    /** The {@link Entry#version() version} that a key without a value has. */
    public static final long ABSENT = 0;

    /** Holds when {@code key} was last written at {@code version}, or has no value when that is {@link #ABSENT}. */
    public record Compare(String key, long version) {}

    /** One change of one key. */
    public sealed interface Operation {
        /** The key that changes. */
        String key();
    }

    /** Sets a value; under a lease the key vanishes when the lease ends. */
    public record Put(String key, byte[] value, @Nullable Lease lease) implements Operation {}

    /** Removes a key; no error when it has no value. */
    public record Delete(String key) implements Operation {}

    /** What an operation or a compare costs on the way to the store, beside its key and value. */
    private static final int OVERHEAD_BYTES = 40;

    /** @throws IllegalArgumentException when a key occurs in two operations */
    public Txn {
        compares = List.copyOf(compares);
        operations = List.copyOf(operations);
        Set<String> keys = new HashSet<>();
        for (Operation operation : operations) {
            if (!keys.add(operation.key())) {
                throw new IllegalArgumentException("two operations of a transaction have the key " + operation.key());
            }
        }
    }

    /** About as many bytes as the transaction has on its way to the store: see {@link MetadataStore#MAX_TXN_BYTES}. */
    public long sizeBytes() {
        long size = 0;
        for (Compare compare : compares) {
            size += OVERHEAD_BYTES + compare.key().length();
        }
        for (Operation operation : operations) {
            size += OVERHEAD_BYTES + operation.key().length();
            if (operation instanceof Put put) {
                size += put.value().length;
            }
        }
        return size;
    }

    /** Refuses a value that no store takes. */
    void requireSize(int maxValueBytes) {
        for (Operation operation : operations) {
            if (operation instanceof Put put && put.value().length > maxValueBytes) {
                throw new MetadataException(
                        MetadataException.Kind.REFUSED,
                        "the value of " + put.key() + " has " + put.value().length + " bytes, more than the "
                                + maxValueBytes + " a key may have",
                        null);
            }
        }
    }

    /** Starts an empty transaction. */
    public static Builder builder() {
        return new Builder();
    }

    /** Collects compares and operations. Not thread-safe. */
    public static final class Builder {
        private final List<Compare> compares = new ArrayList<>();
        private final List<Operation> operations = new ArrayList<>();

        private Builder() {}

        /** Requires {@code key} to be at {@code version} ({@link #ABSENT}: to have no value). */
        public Builder require(String key, long version) {
            compares.add(new Compare(key, version));
            return this;
        }

        /** Sets {@code key}. */
        public Builder put(String key, byte[] value) {
            operations.add(new Put(key, Objects.requireNonNull(value), null));
            return this;
        }

        /** Sets {@code key} to UTF-8 text. */
        public Builder put(String key, String value) {
            return put(key, value.getBytes(StandardCharsets.UTF_8));
        }

        /** Sets {@code key} for as long as {@code lease} lives. */
        public Builder put(String key, String value, Lease lease) {
            operations.add(new Put(key, value.getBytes(StandardCharsets.UTF_8), lease));
            return this;
        }

        /** Removes {@code key}. */
        public Builder delete(String key) {
            operations.add(new Delete(key));
            return this;
        }

        public Txn build() {
            return new Txn(compares, operations);
        }
    }
}
