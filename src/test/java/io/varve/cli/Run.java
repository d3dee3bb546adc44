package io.varve.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;

/**
 * What a command line did.
 *
 * @param code its exit code
 * @param out what it wrote to standard output
 * @param err what it wrote to standard error
 */
record Run(int code, String out, String err) {

    /** Runs {@code varve} with {@code args} in this process. */
    static Run varve(String... args) {
        var out = new StringWriter();
        var err = new StringWriter();
        CommandLine commandLine =
                VarveCommand.commandLine(args).setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        // Records go to the process's own stream, byte for byte.
        var bytes = new ByteArrayOutputStream();
        PrintStream before = System.out;
        System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            int code = commandLine.execute(args);
            commandLine.getOut().flush();
            commandLine.getErr().flush();
            return new Run(code, out + bytes.toString(StandardCharsets.UTF_8), err.toString());
        } finally {
            System.setOut(before);
        }
    }
}
