package io.varve.cluster;

/** The cluster's state does not allow what was asked, in words for the operator. */
public final class ClusterException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ClusterException(String message) {
        super(message);
    }
}
