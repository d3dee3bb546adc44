package io.varve.metadata;

/**
 * A lease, kept alive in the background until closed.
 *
 * <p>Rule 4: a lease decides when others may <em>try</em> to take over, never whether a write is safe. Reads that nothing else
 * confirms are served only while {@link #isHeld()}.
 */
public interface Lease extends AutoCloseable {

    /** The store's id of this lease, as {@code etcdctl lease list} prints it in hexadecimal. */
    long id();

    /**
     * Whether the lease is certainly still alive: judged on {@link System#nanoTime()}, counted from when the last confirmed
     * keep-alive was <em>sent</em>. Never blocks.
     */
    boolean isHeld();

    /** Runs {@code action} once on a thread of its own when the lease is lost (not when it is closed); at once if it is already. */
    void onLost(Runnable action);

    /** Revokes the lease: its keys vanish at once if the store can be reached, else when its time is up. */
    @Override
    void close();
}
