package io.varve.log;

import java.io.IOException;

/** A partition's files could not be read or written. Clients see {@code KAFKA_STORAGE_ERROR}, which they retry. */
public class LogException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    LogException(String message) {
        super(message);
    }

    LogException(String message, IOException cause) {
        super(message + ": " + cause.getMessage(), cause);
    }
}
