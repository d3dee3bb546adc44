package io.varve.replica;

/** A copy could not be made, fed or fenced; the message says of what and why. */
public final class ReplicaException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public ReplicaException(String message) {
        super(message);
    }

    public ReplicaException(String message, Throwable cause) {
        super(message, cause);
    }
}
