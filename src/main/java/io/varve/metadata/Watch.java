package io.varve.metadata;

/** A running watch. */
public interface Watch extends AutoCloseable {
    /** Stops it; events under way may still be delivered. */
    @Override
    void close();
}
