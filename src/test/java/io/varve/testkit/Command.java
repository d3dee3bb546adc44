package io.varve.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * One run of another program to its end, within a time limit: as a user types it. Instances are immutable.
 *
 * <p>Input and output go through files, so no amount of output can block the program.
 */
public final class Command {
    /** What a program left behind. */
    public record Result(List<String> command, int exitCode, String out, String err) {
        /** The lines of standard output. */
        public List<String> lines() {
            return out.lines().toList();
        }

        /** This result, when the program succeeded; else an {@link AssertionError} with everything it said. */
        public Result ok() {
            if (exitCode != 0) {
                throw new AssertionError(this.toString());
            }
            return this;
        }

        @Override
        public String toString() {
            return String.join(" ", command) + "\nexit code " + exitCode + "\n--- out\n" + out + "\n--- err\n" + err;
        }
    }

    private static final Duration DEFAULT_LIMIT = Duration.ofMinutes(2);

    private final List<String> command;
    private final Map<String, String> environment;
    private final String input;
    private final Duration limit;

    private Command(List<String> command, Map<String, String> environment, String input, Duration limit) {
        this.command = List.copyOf(command);
        this.environment = Map.copyOf(environment);
        this.input = input;
        this.limit = limit;
    }

    /** A command of these words, without input, limited to two minutes. */
    public static Command of(List<String> words) {
        return new Command(words, Map.of(), "", DEFAULT_LIMIT);
    }

    /** A command of these words, without input, limited to two minutes. */
    public static Command of(String... words) {
        return of(List.of(words));
    }

    /** The same with more words at its end. */
    public Command with(String... words) {
        var all = new ArrayList<>(command);
        all.addAll(List.of(words));
        return new Command(all, environment, input, limit);
    }

    /** The same with this text on its standard input. */
    public Command input(String text) {
        return new Command(command, environment, text, limit);
    }

    /** The same with one more environment variable. */
    public Command environment(String name, String value) {
        var all = new LinkedHashMap<>(environment);
        all.put(name, value);
        return new Command(command, all, input, limit);
    }

    /** The same with another time limit. */
    public Command limit(Duration newLimit) {
        return new Command(command, environment, input, newLimit);
    }

    /** Runs it to its end. Past its limit it is killed and an {@link AssertionError} shows what it said until then. */
    public Result run() {
        Path folder = null;
        try {
            folder = Files.createTempDirectory("varve-command");
            Path in = Files.writeString(folder.resolve("in"), input);
            Path out = folder.resolve("out");
            Path err = folder.resolve("err");
            var builder = new ProcessBuilder(command)
                    .redirectInput(in.toFile())
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile());
            builder.environment().putAll(environment);
            var process = builder.start();
            boolean ended = await(process);
            var result = new Result(command, ended ? process.exitValue() : -1, read(out), read(err));
            if (!ended) {
                throw new AssertionError("not done after " + limit + ": " + result);
            }
            return result;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run " + command.getFirst(), e);
        } finally {
            if (folder != null) {
                Folders.delete(folder);
            }
        }
    }

    private boolean await(Process process) {
        try {
            if (process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                return true;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
        return false;
    }

    private static String read(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }
}
