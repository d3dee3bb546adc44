package io.varve;

import io.quarkus.runtime.annotations.QuarkusMain;
import io.varve.cli.VarveCommand;

/** The one entry point of the jar: only the commands {@code dev} and {@code broker} start the container. */
@QuarkusMain
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        System.exit(VarveCommand.commandLine(args).execute(args));
    }
}
