package io.varve.testkit;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;

/**
 * A disk of a few hundred MiB that can be filled up: a file system in memory, mounted at a folder. It needs the right to mount. Fill and clear
 * from one thread at a time.
 */
public final class SmallDisk implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(SmallDisk.class);
    private static final int CHUNK_BYTES = 256 * 1024;

    /** Unmounted with this JVM: a run that is broken off must not leave disks behind. */
    private static final Set<Path> MOUNTED = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> MOUNTED.forEach(SmallDisk::unmount), "unmount-disks"));
    }

    private final Path folder;
    private final Path ballast;

    private SmallDisk(Path folder) {
        this.folder = folder;
        this.ballast = folder.resolve("ballast");
    }

    /** Mounts one; empty, and said in the log, where that is not allowed. */
    public static Optional<SmallDisk> mount(Path folder, int mebibytes) {
        try {
            Files.createDirectories(folder);
            var result = Command.of("mount", "-t", "tmpfs", "-o", "size=" + mebibytes + "m", "varve", folder.toString())
                    .run();
            if (result.exitCode() == 0) {
                MOUNTED.add(folder);
                return Optional.of(new SmallDisk(folder));
            }
            LOG.warnf(
                    "no disk of its own can be mounted. folder=%s cause=%s",
                    folder, result.err().strip());
        } catch (IOException | UncheckedIOException e) {
            LOG.warnf("no disk of its own can be mounted. folder=%s cause=%s", folder, e.getMessage());
        }
        return Optional.empty();
    }

    /** Where it is mounted. */
    public Path folder() {
        return folder;
    }

    /** Takes all space but this much; 0 takes the last byte, whatever others need meanwhile. */
    public void fill(long freeBytes) {
        byte[] chunk = new byte[CHUNK_BYTES];
        try (OutputStream out = Files.newOutputStream(ballast)) {
            while (freeBytes == 0 || usable() > freeBytes + CHUNK_BYTES) {
                out.write(chunk);
            }
        } catch (IOException e) {
            if (freeBytes > 0) {
                throw new UncheckedIOException("cannot fill " + folder, e);
            }
            // Full is what it was to be.
        }
    }

    /** Gives the space back. */
    public void clear() {
        try {
            Files.deleteIfExists(ballast);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot clear " + folder, e);
        }
    }

    private long usable() throws IOException {
        return Files.getFileStore(folder).getUsableSpace();
    }

    /** Unmounts it; what was on it is gone. */
    @Override
    public void close() {
        unmount(folder);
    }

    private static void unmount(Path folder) {
        MOUNTED.remove(folder);
        var result = Command.of("umount", "--lazy", folder.toString()).run();
        if (result.exitCode() != 0) {
            LOG.warnf(
                    "a disk was not unmounted. folder=%s cause=%s",
                    folder, result.err().strip());
        }
    }
}
