package io.varve.chaos;

import io.varve.testkit.OtherClients;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A client on librdkafka in a process of its own, which says line by line what happened ({@code chaos.py}); one that has ended with a send that
 * failed is started again. A subclass makes sense of the lines, in one thread.
 */
abstract class PythonClient implements Client {
    private static final Logger LOG = Logger.getLogger(PythonClient.class);
    private static final Duration STOP_LIMIT = Duration.ofMinutes(6);

    private final String name;
    private final Path errors;
    private final History history;
    private final Thread thread;
    private @Nullable Process process;
    private boolean stopped;

    PythonClient(String name, Path folder, History history) {
        this.name = name;
        this.errors = folder.resolve(name + ".log");
        this.history = history;
        thread = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
    }

    /** What the next process is to do. */
    abstract List<String> arguments();

    /** One line of it, in words. */
    abstract void line(List<String> words);

    History history() {
        return history;
    }

    private void run() {
        try {
            for (Process next = launch(); next != null; next = launch()) {
                readAll(next);
            }
        } catch (IOException e) {
            history.violations().add(name + " cannot be run: " + e);
        }
    }

    private void readAll(Process from) throws IOException {
        String last = "";
        try (BufferedReader lines = from.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                last = line;
                List<String> words = List.of(line.split(" ", -1));
                switch (words.getFirst()) {
                    case "fatal" -> history.violations().add(name + ": " + line);
                    case "ended" -> LOG.infof("a client has ended. name=%s", name);
                    default -> line(words);
                }
            }
        }
        if (!last.equals("ended")) {
            history.violations().add(name + " ended by itself, see " + errors + "; its last line: " + last);
            synchronized (this) {
                stopped = true;
            }
        }
    }

    private synchronized @Nullable Process launch() throws IOException {
        if (stopped) {
            return null;
        }
        List<String> command = new ArrayList<>(OtherClients.pythonCommand("chaos.py"));
        command.addAll(arguments());
        process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.appendTo(errors.toFile()))
                .start();
        return process;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void start() {
        thread.start();
    }

    @Override
    public void stop() throws InterruptedException {
        Process last;
        synchronized (this) {
            stopped = true;
            last = process;
        }
        if (last != null) {
            endInput(last);
            if (!last.waitFor(STOP_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                history.violations().add(name + " did not end within " + STOP_LIMIT);
                last.destroyForcibly();
            }
        }
        thread.join();
    }

    private static void endInput(Process process) {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            LOG.debugf("a client was gone before it was told to end. cause=%s", e.getMessage());
        }
    }
}
