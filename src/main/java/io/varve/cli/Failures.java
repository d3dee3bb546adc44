package io.varve.cli;

import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParseResult;

/** Turns a command's exception into words and an exit code; the stack trace shows with {@code --verbose} only. */
final class Failures implements IExecutionExceptionHandler {

    @Override
    public int handleExecutionException(Exception failure, CommandLine commandLine, ParseResult parsed) {
        Throwable cause = cause(failure);
        commandLine.getErr().println("varve: " + words(cause));
        VarveCommand root = (VarveCommand) commandLine.getCommandSpec().root().userObject();
        if (root.verbose) {
            cause.printStackTrace(commandLine.getErr());
        }
        return cause instanceof CliException told ? told.exitCode() : ExitCode.FAILED;
    }

    /** What really failed, without the wrappers of futures. */
    static Throwable cause(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof ExecutionException || cause instanceof CompletionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    static String words(Throwable cause) {
        String message = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        return switch (cause) {
            case CliException told -> message;
            case TimeoutException none ->
                "no answer in time (" + firstLine(message) + "). Is the broker running, and is --bootstrap right?";
            case UnsupportedVersionException old -> "this cluster does not support that: " + firstLine(message);
            case ApiException refused -> firstLine(message);
            case ConfigException bad -> "bad client setting: " + firstLine(message);
            case KafkaException client -> firstLine(deepest(client));
            default -> firstLine(message) + " (" + cause.getClass().getSimpleName() + ")";
        };
    }

    // "Failed to construct kafka producer" says nothing; its cause does.
    private static String deepest(Throwable failure) {
        Throwable deepest = failure;
        while (deepest.getCause() != null) {
            deepest = deepest.getCause();
        }
        return deepest.getMessage() == null ? deepest.toString() : deepest.getMessage();
    }

    private static String firstLine(String message) {
        return message.lines().findFirst().orElse(message);
    }
}
