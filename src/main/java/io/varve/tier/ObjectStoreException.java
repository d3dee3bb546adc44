package io.varve.tier;

import org.jspecify.annotations.Nullable;

/** The object store could not do what was asked of it. */
public final class ObjectStoreException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What a caller can conclude. */
    public enum Kind {
        /** Not reachable, slow or overloaded for now: retry with backoff. */
        UNAVAILABLE,
        /** No such object, or a range outside of it. */
        NOT_FOUND,
        /** The key of a create is taken. */
        EXISTS,
        /** A create may or may not have happened. */
        OUTCOME_UNKNOWN,
        /** Credentials, permissions, missing bucket, bad request: will not get better without the operator. */
        REFUSED,
        /** What was read is not what was written. */
        CORRUPT
    }

    private final Kind kind;

    public ObjectStoreException(Kind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
