package io.varve.replica;

/** A request that another broker has not answered. */
public final class ForwardException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** What is known of it. */
    public enum Outcome {
        /** Certainly not carried out. */
        NOT_SENT,
        /** It may have been carried out, or may still be. */
        UNKNOWN,
        /** It was carried out, and its answer was too large for the memory there is for answers. */
        ANSWER_DROPPED
    }

    private final Outcome outcome;

    ForwardException(Outcome outcome, String message) {
        // Many requests may fail at once, each for the same known reason.
        super(message, null, false, false);
        this.outcome = outcome;
    }

    public Outcome outcome() {
        return outcome;
    }

    /** For callers that stand in for a forwarder. */
    public static ForwardException of(Outcome outcome, String message) {
        return new ForwardException(outcome, message);
    }
}
