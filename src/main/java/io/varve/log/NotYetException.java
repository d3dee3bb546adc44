package io.varve.log;

import java.io.Serial;

/** A partition cannot be opened now and can be soon: another broker has to do something first. */
final class NotYetException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    NotYetException(String message) {
        super(message);
    }
}
