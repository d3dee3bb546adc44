package io.varve.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jboss.logmanager.formatters.PatternFormatter;

/**
 * Takes what brokers log while a simulation runs, in place of the console: behind that are locks which are shared with threads that are none of the
 * simulation's.
 */
final class StoryLog extends Handler {
    private final Logger root = LogManager.getLogManager().getLogger("");
    private final List<Handler> replaced = new ArrayList<>();
    private final PatternFormatter formatter = new PatternFormatter("%s");
    private final Simulator simulator;
    private final BiConsumer<String, String> lines;

    /** @param lines takes the name of a process and what it says */
    StoryLog(Simulator simulator, BiConsumer<String, String> lines) {
        this.simulator = simulator;
        this.lines = lines;
        for (Handler handler : root.getHandlers()) {
            root.removeHandler(handler);
            replaced.add(handler);
        }
        root.addHandler(this);
    }

    @Override
    public void publish(LogRecord entry) {
        if (simulator.isHere() && entry.getLevel().intValue() >= Level.INFO.intValue()) {
            String words = formatter.format(entry);
            StringBuilder line = new StringBuilder(entry.getLevel() + " " + words);
            for (Throwable cause = entry.getThrown(); cause != null; cause = cause.getCause()) {
                line.append(" / ")
                        .append(cause)
                        .append(" at ")
                        .append(java.util.Arrays.toString(cause.getStackTrace()));
            }
            lines.accept(Thread.currentThread().getName(), line.toString());
        }
    }

    @Override
    public void flush() {}

    /** Everything is as it was. */
    @Override
    public void close() {
        root.removeHandler(this);
        replaced.forEach(root::addHandler);
    }
}
