package io.varve.cli;

import java.util.logging.ConsoleHandler;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine.IExecutionStrategy;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;

/** Keeps the Kafka clients' logs out of the way of client commands: errors are told by the commands themselves. */
final class QuietLogs implements IExecutionStrategy {

    @Override
    public int execute(ParseResult parsed) {
        Object last = parsed.asCommandLineList().getLast().getCommand();
        if (last instanceof ClientCommand) {
            configure(VarveCommand.class.cast(parsed.commandSpec().userObject()).verbose);
        }
        return new RunLast().execute(parsed);
    }

    private static void configure(boolean verbose) {
        Logger root = Logger.getLogger("");
        for (Handler handler : root.getHandlers()) {
            root.removeHandler(handler);
        }
        root.setLevel(verbose ? Level.INFO : Level.OFF);
        if (verbose) {
            Handler console = new ConsoleHandler();
            console.setLevel(Level.ALL);
            root.addHandler(console);
        }
    }
}
