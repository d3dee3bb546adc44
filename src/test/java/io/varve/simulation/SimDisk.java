package io.varve.simulation;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * The disk of a machine, as a file system of its own: what is written can be read at once, and survives the death of a process; only what was
 * synced survives a power cut for sure. Syncs take a while and can fail, and the disk can be full. {@link #root} is a path like any other.
 */
final class SimDisk {
    private final Simulator simulator;
    private final SimDirectory top = new SimDirectory();
    private final SimFileSystem files = new SimFileSystem(this);

    /** How much longer than usual a sync takes. */
    private int slowness = 1;

    private boolean failing;
    private boolean full;

    SimDisk(Simulator simulator) {
        this.simulator = simulator;
    }

    /** What has a name. */
    interface Node {
        /** @param percentWritten of what was not synced, how much has got to the disk all the same */
        void cutPower(Random random, int percentWritten);
    }

    Path root() {
        return files.root();
    }

    void slowness(int times) {
        slowness = times;
    }

    /** Syncs fail from now on, or no longer. */
    void failing(boolean fails) {
        failing = fails;
    }

    /** Nothing can become larger from now on, or again. */
    void full(boolean isFull) {
        full = isFull;
    }

    boolean isFull() {
        return full;
    }

    /** The machine is off, and on again. */
    void cutPower() {
        Random random = simulator.random();
        int percentWritten = switch (random.nextInt(3)) {
            case 0 -> 0;
            case 1 -> 100;
            default -> random.nextInt(101);
        };
        top.cutPower(random, percentWritten);
    }

    @Nullable
    Node find(Path path) {
        Node node = top;
        for (Path name : path) {
            if (!(node instanceof SimDirectory directory)) {
                return null;
            }
            node = directory.find(name.toString());
        }
        return node;
    }

    Node require(Path path) throws NoSuchFileException {
        Node node = find(path);
        if (node == null) {
            throw new NoSuchFileException(path.toString());
        }
        return node;
    }

    SimDirectory parent(Path path) throws NoSuchFileException {
        if (path.getParent() != null && find(path.getParent()) instanceof SimDirectory directory) {
            return directory;
        }
        throw new NoSuchFileException(path + ": no such directory");
    }

    void createDirectory(Path path) throws IOException {
        if (find(path) != null) {
            throw new FileAlreadyExistsException(path.toString());
        }
        requireRoom();
        parent(path).put(path.getFileName().toString(), new SimDirectory());
    }

    SimFile createFile(Path path) throws IOException {
        requireRoom();
        SimFile file = new SimFile();
        parent(path).put(path.getFileName().toString(), file);
        return file;
    }

    void delete(Path path) throws IOException {
        require(path);
        parent(path).put(path.getFileName().toString(), null);
    }

    void requireRoom() throws IOException {
        if (full) {
            throw new IOException("No space left on device");
        }
    }

    /** Takes the time that a sync takes. */
    void sync(Node node) throws IOException {
        simulator.sleepNanos(
                (simulator.oneIn(100) ? simulator.micros(2_000, 50_000) : simulator.micros(50, 800)) * slowness);
        if (failing) {
            if (node instanceof SimFile file) {
                file.forgetDirty();
            }
            throw new IOException("Input/output error");
        }
        switch (node) {
            case SimFile file -> file.sync();
            case SimDirectory directory -> directory.sync();
            default -> throw new IllegalStateException("unknown node");
        }
    }
}
