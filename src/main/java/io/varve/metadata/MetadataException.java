package io.varve.metadata;

import org.jspecify.annotations.Nullable;

/** The metadata store could not do what was asked of it. */
public final class MetadataException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What a caller can conclude. */
    public enum Kind {
        /** The store was not reached or refused for now: certainly nothing was changed. Retry later. */
        UNAVAILABLE,
        /** A write may or may not have happened: read before deciding. */
        OUTCOME_UNKNOWN,
        /** The store has no space left (etcd: quota alarm). Nothing was changed. */
        NO_SPACE,
        /** The request breaks a limit of the store (value too large, too many operations in a transaction). Nothing was changed. */
        REFUSED,
        /** The asked-for revision has been compacted. */
        COMPACTED,
        /** The store was closed by its owner. */
        CLOSED
    }

    private final Kind kind;

    public MetadataException(Kind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
