package io.varve.testkit;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/** Where the programs are that tests start: what is on the PATH first, then what the set-up put into {@code .cache/bin}. */
public final class ServerBinaries {
    private ServerBinaries() {}

    /** The path of a program; an {@link AssertionError} says what to install when it is nowhere. */
    public static String find(String program) {
        return named(program)
                .or(() -> onPath(program))
                .or(() -> Optional.of(Folders.cache().resolve("bin").resolve(program)))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .orElseThrow(() -> new AssertionError(program + " is needed: install it on the PATH, run"
                        + " tools/test-servers.sh, or name it with VARVE_" + program.toUpperCase(Locale.ROOT)));
    }

    private static Optional<Path> named(String program) {
        return Optional.ofNullable(System.getenv("VARVE_" + program.toUpperCase(Locale.ROOT)))
                .map(Path::of);
    }

    private static Optional<Path> onPath(String program) {
        for (String folder : System.getenv("PATH").split(File.pathSeparator, -1)) {
            Path candidate = Path.of(folder, program);
            if (Files.isExecutable(candidate)) {
                return Optional.of(candidate);
            }
        }
        return Optional.empty();
    }
}
