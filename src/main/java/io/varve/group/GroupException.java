package io.varve.group;

import org.jspecify.annotations.Nullable;

/** Group state in the metadata store is not what it should be, in words for the operator. */
public final class GroupException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    GroupException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
