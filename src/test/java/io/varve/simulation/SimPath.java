package io.varve.simulation;

import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.Iterator;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A path on a {@link SimDisk}: names as everywhere, files of its own. */
final class SimPath implements Path {
    private final SimFileSystem files;

    /** The names: a path of the default file system, which nobody asks for a file. */
    private final Path names;

    SimPath(SimFileSystem files, Path names) {
        this.files = files;
        this.names = names;
    }

    private SimPath of(Path other) {
        return new SimPath(files, other);
    }

    private @Nullable SimPath ofNullable(@Nullable Path other) {
        return other == null ? null : of(other);
    }

    private static Path namesOf(Path other) {
        return other instanceof SimPath path ? path.names : other;
    }

    @Override
    public FileSystem getFileSystem() {
        return files;
    }

    @Override
    public boolean isAbsolute() {
        return names.isAbsolute();
    }

    @Override
    public @Nullable Path getRoot() {
        return ofNullable(names.getRoot());
    }

    @Override
    public @Nullable Path getFileName() {
        return ofNullable(names.getFileName());
    }

    @Override
    public @Nullable Path getParent() {
        return ofNullable(names.getParent());
    }

    @Override
    public int getNameCount() {
        return names.getNameCount();
    }

    @Override
    public Path getName(int index) {
        return of(names.getName(index));
    }

    @Override
    public Path subpath(int begin, int end) {
        return of(names.subpath(begin, end));
    }

    @Override
    public boolean startsWith(Path other) {
        return names.startsWith(namesOf(other));
    }

    @Override
    public boolean endsWith(Path other) {
        return names.endsWith(namesOf(other));
    }

    @Override
    public Path normalize() {
        return of(names.normalize());
    }

    @Override
    public Path resolve(Path other) {
        return of(names.resolve(namesOf(other)));
    }

    @Override
    public Path relativize(Path other) {
        return of(names.relativize(namesOf(other)));
    }

    @Override
    public URI toUri() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Path toAbsolutePath() {
        return this;
    }

    @Override
    public Path toRealPath(LinkOption... options) {
        return this;
    }

    @Override
    public WatchKey register(WatchService watcher, WatchEvent.Kind<?>[] events, WatchEvent.Modifier... modifiers) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Iterator<Path> iterator() {
        Iterator<Path> each = names.iterator();
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return each.hasNext();
            }

            @Override
            public Path next() {
                return of(each.next());
            }
        };
    }

    @Override
    public int compareTo(Path other) {
        return names.compareTo(namesOf(other));
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SimPath path && path.files == files && path.names.equals(names);
    }

    @Override
    public int hashCode() {
        return Objects.hash(names.toString());
    }

    @Override
    public String toString() {
        return names.toString();
    }
}
