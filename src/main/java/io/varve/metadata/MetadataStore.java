package io.varve.metadata;

import java.time.Duration;
import java.util.Optional;

/**
 * A strongly consistent, ordered key-value store. The one place where Varve's brokers agree on anything.
 *
 * <p>Keys are non-empty printable strings, relative to the store's own prefix, ordered by their UTF-8 bytes. Values are at most
 * {@link #MAX_VALUE_BYTES} bytes. Every method that talks to the store blocks the calling thread until the store has answered or
 * the store's request time-out has passed; call them from virtual threads, never from an event loop.
 *
 * <p>All methods throw {@link MetadataException}; its {@link MetadataException#kind() kind} tells whether a write may have
 * happened. Implementations are thread-safe and never retry a transaction by themselves.
 */
public interface MetadataStore extends AutoCloseable {

    /** The largest value a key may hold, in bytes. */
    int MAX_VALUE_BYTES = 1024 * 1024;

    /**
     * How large a transaction may be ({@link Txn#sizeBytes}) to fit into a request of etcd's default size (1.5 MiB). A larger one is
     * refused by an etcd that is not set up for it.
     */
    int MAX_TXN_BYTES = 1_400_000;

    /** The value of {@code key} as of some revision not older than the start of this call, or empty when there is none. */
    Optional<Entry> get(String key);

    /**
     * Every entry whose key starts with {@code prefix}, in key order, as of one revision. Large ranges are read in pages of the
     * same revision.
     */
    Range range(String prefix);

    /**
     * Applies {@code txn}: when all its compares hold, all its operations, else none of them.
     *
     * @throws MetadataException with kind {@code OUTCOME_UNKNOWN} when the store may or may not have applied it: read before
     *     deciding anything
     */
    TxnResult commit(Txn txn);

    /**
     * Delivers every change of keys that start with {@code prefix} and happened after {@code afterRevision}, in order, on a thread
     * of the store's; the listener must not block. A lost connection is taken up again without a gap. When that is not possible
     * (the store has compacted past the place), {@link WatchListener#onLost} is called once and the watch is over: range again and
     * start a new watch.
     */
    Watch watch(String prefix, long afterRevision, WatchListener listener);

    /**
     * Grants a lease and keeps it alive until it is closed or lost. Keys put under it vanish when it ends.
     *
     * @param timeToLive at least one second; whole seconds
     */
    Lease grantLease(Duration timeToLive);

    /**
     * Runs {@code task}, which may block, after {@code delay} on a thread of its own: for those that follow the store and have to try again.
     * One that waits when the store is closed runs all the same, and is told by whatever it asks.
     */
    default void later(Duration delay, Runnable task) {
        Thread.ofVirtual().name("varve-metadata-later").start(() -> {
            try {
                Thread.sleep(delay);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            task.run();
        });
    }

    /** How many operations one transaction may have. */
    int maxOperations();

    /** A sentence about what is wrong with the store right now, for health checks, or empty when it answers. Never blocks. */
    Optional<String> problem();

    /** Ends watches and leases of this client and releases its threads. The data stays. */
    @Override
    void close();
}
