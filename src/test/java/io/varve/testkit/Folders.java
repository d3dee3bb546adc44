package io.varve.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;

/** Where the project is, and the removal of what a test left. */
public final class Folders {
    private Folders() {}

    /** The root of the project: where {@code pom.xml} and {@code ./varve} are. */
    public static Path project() {
        return Path.of(System.getProperty("basedir", "")).toAbsolutePath().normalize();
    }

    /** The ignored folder that keeps what was fetched for tests. */
    public static Path cache() {
        return project().resolve(".cache");
    }

    /** Deletes a folder with everything in it; nothing happens when it is not there. */
    public static void delete(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        try (var paths = Files.walk(folder)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (NoSuchFileException e) {
            // A server that is just ending deletes its own files too.
            delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete " + folder, e);
        }
    }
}
