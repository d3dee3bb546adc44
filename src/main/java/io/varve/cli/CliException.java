package io.varve.cli;

import org.jspecify.annotations.Nullable;

/** A command cannot do what was asked; the message is all the user needs. */
final class CliException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int exitCode;

    private CliException(String message, int exitCode, @Nullable Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
    }

    /** The command line asks for something that makes no sense. */
    static CliException usage(String message) {
        return new CliException(message, ExitCode.USAGE, null);
    }

    static CliException failed(String message) {
        return new CliException(message, ExitCode.FAILED, null);
    }

    static CliException failed(String message, Throwable cause) {
        return new CliException(message, ExitCode.FAILED, cause);
    }

    int exitCode() {
        return exitCode;
    }
}
