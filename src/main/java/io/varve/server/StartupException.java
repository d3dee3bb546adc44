package io.varve.server;

import org.jspecify.annotations.Nullable;

/** The broker cannot start; the message is for the operator and says what to do. */
public final class StartupException extends Exception {
    private static final long serialVersionUID = 1L;

    private final int exitCode;

    /**
     * @param words one sentence, without a stack trace's details
     * @param exitCode of the process: 1 for what may be different next time, 2 for what the configuration must change
     */
    public StartupException(String words, int exitCode, @Nullable Throwable cause) {
        super(words, cause);
        this.exitCode = exitCode;
    }

    public int exitCode() {
        return exitCode;
    }
}
