package io.varve.tier;

import io.varve.tier.ObjectStoreException.Kind;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * An object store in a local folder, a file an object. Objects are written to a hidden folder beside the others, synced, and
 * then hard-linked to their name, which fails when the name is taken; the folders on the way are synced too. So a crash leaves an
 * object whole or not there, and at worst a temporary file, which a start an hour later removes. Needs a file system with hard links.
 * One folder belongs to one process. Thread-safe.
 */
public final class FolderObjectStore implements ObjectStore {
    private static final Logger LOG = Logger.getLogger(FolderObjectStore.class);
    private static final String UNFINISHED = ".unfinished";
    private static final int COPY_BYTES = 256 * 1024;

    private final Path root;
    private final Path unfinished;

    /** @throws ObjectStoreException of kind {@code REFUSED} when the folder cannot be made or written */
    public FolderObjectStore(Path root) {
        this.root = root.toAbsolutePath().normalize();
        this.unfinished = this.root.resolve(UNFINISHED);
        try {
            Files.createDirectories(unfinished);
            deleteLeftovers();
            sync(this.root);
        } catch (IOException e) {
            throw new ObjectStoreException(Kind.REFUSED, "Cannot use folder " + root + " as object store: " + e, e);
        }
    }

    /** Old ones only: somebody may be looking at a folder that a broker is just writing to. */
    private void deleteLeftovers() throws IOException {
        var longAgo = FileTime.from(Instant.now().minus(Duration.ofHours(1)));
        try (var leftovers = Files.newDirectoryStream(unfinished)) {
            for (Path leftover : leftovers) {
                if (Files.getLastModifiedTime(leftover).compareTo(longAgo) < 0) {
                    Files.deleteIfExists(leftover);
                }
            }
        } catch (NoSuchFileException e) {
            LOG.debugf("Somebody else has cleaned up: folder=%s", unfinished);
        }
    }

    @Override
    public void create(String key, ObjectContent content) {
        Path file = file(key);
        Path temporary = unfinished.resolve(UUID.randomUUID().toString());
        try {
            write(temporary, content);
            link(key, file, temporary);
        } catch (IOException e) {
            throw new ObjectStoreException(
                    Kind.UNAVAILABLE, "Cannot write object " + key + " to " + root + ": " + e, e);
        } finally {
            deleteTemporary(temporary);
        }
    }

    private void link(String key, Path file, Path temporary) {
        try {
            Path folder = Objects.requireNonNull(file.getParent());
            Files.createDirectories(folder);
            Files.createLink(file, temporary);
            syncUpToRoot(folder);
        } catch (FileAlreadyExistsException e) {
            throw new ObjectStoreException(Kind.EXISTS, "Object " + key + " exists", e);
        } catch (UnsupportedOperationException e) {
            throw new ObjectStoreException(
                    Kind.REFUSED, "Folder " + root + " is on a file system without hard links", e);
        } catch (IOException e) {
            throw new ObjectStoreException(
                    Kind.OUTCOME_UNKNOWN, "Object " + key + " may not be in " + root + ": " + e, e);
        }
    }

    private static void deleteTemporary(Path temporary) {
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException e) {
            LOG.debugf(e, "A temporary file stays until the next start: file=%s", temporary);
        }
    }

    private static void write(Path file, ObjectContent content) throws IOException {
        try (FileChannel out = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
                InputStream in = content.open()) {
            byte[] buffer = new byte[COPY_BYTES];
            long written = 0;
            int n;
            while ((n = in.read(buffer)) >= 0) {
                var bytes = ByteBuffer.wrap(buffer, 0, n);
                while (bytes.hasRemaining()) {
                    written += out.write(bytes);
                }
            }
            if (written != content.length()) {
                throw new IOException("content has " + written + " bytes instead of " + content.length());
            }
            out.force(true);
        }
    }

    private void syncUpToRoot(Path folder) throws IOException {
        for (Path at = folder; at != null && at.startsWith(root); at = at.getParent()) {
            sync(at);
        }
    }

    private static void sync(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    @Override
    public ByteBuffer read(String key, long position, int length) {
        try (FileChannel in = FileChannel.open(file(key), StandardOpenOption.READ)) {
            if (position < 0 || length < 0 || position > in.size() - length) {
                throw new ObjectStoreException(
                        Kind.NOT_FOUND, "Object " + key + " has no " + length + " bytes at " + position, null);
            }
            var buffer = ByteBuffer.allocate(length);
            while (buffer.hasRemaining()) {
                if (in.read(buffer, position + buffer.position()) < 0) {
                    throw new EOFException("file ends early");
                }
            }
            return buffer.flip();
        } catch (IOException e) {
            throw failed("read", key, e);
        }
    }

    @Override
    public long length(String key) {
        try {
            return Files.size(file(key));
        } catch (IOException e) {
            throw failed("look at", key, e);
        }
    }

    @Override
    public void list(String prefix, Consumer<List<StoredObject>> visitor) {
        ObjectKeys.requirePrefix(prefix);
        var listing = new FolderListing(root, prefix, visitor);
        try {
            listing.run();
        } catch (IOException e) {
            throw failed("list", prefix, e);
        }
    }

    @Override
    public void delete(String key) {
        Path file = file(key);
        try {
            Files.deleteIfExists(file);
        } catch (NotDirectoryException e) {
            // A part of the path is an object, so there is none of this name.
        } catch (IOException e) {
            throw failed("delete", key, e);
        }
    }

    private Path file(String key) {
        ObjectKeys.requireKey(key);
        return root.resolve(key);
    }

    private ObjectStoreException failed(String verb, String key, IOException e) {
        if (e instanceof NoSuchFileException && Files.isDirectory(root)) {
            return new ObjectStoreException(Kind.NOT_FOUND, "No object " + key + " in " + root, e);
        }
        return new ObjectStoreException(Kind.UNAVAILABLE, "Cannot " + verb + " " + key + " in " + root + ": " + e, e);
    }

    @Override
    public void close() {
        // Holds nothing open between calls.
    }
}
