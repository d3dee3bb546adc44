package io.varve.wire;

/** What a client sent is not a Kafka request this broker can take: its connection is closed. */
final class FrameException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    FrameException(String message) {
        super(message, null, false, false);
    }
}
