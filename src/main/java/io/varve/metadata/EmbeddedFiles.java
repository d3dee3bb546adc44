package io.varve.metadata;

import io.varve.metadata.EmbeddedFile.Change;
import io.varve.metadata.EmbeddedFile.Stored;
import io.varve.metadata.MetadataException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVStoreException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The two files of the embedded store, written in turn: each write brings one file from two writes ago to now. So while one is being
 * written the other holds, synced, everything that was acknowledged, and a write that a power cut tears apart costs nothing (rule 3).
 *
 * <p>Used by one thread at a time, which must never be interrupted.
 */
final class EmbeddedFiles implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(EmbeddedFiles.class);

    private final NavigableMap<String, Stored> content;
    private EmbeddedFile current;
    private EmbeddedFile behind;

    /** What {@link #behind} lacks, by key. */
    private Map<String, Change> lacking;

    private EmbeddedFiles(
            NavigableMap<String, Stored> content,
            EmbeddedFile current,
            EmbeddedFile behind,
            Map<String, Change> lacking) {
        this.content = content;
        this.current = current;
        this.behind = behind;
        this.lacking = lacking;
    }

    /** A file with what is in it. */
    private record Loaded(EmbeddedFile file, NavigableMap<String, Stored> content) {}

    /**
     * Opens the files in {@code directory}, which are made when missing.
     *
     * @throws MetadataException when another process has them open, or neither can be read
     */
    static EmbeddedFiles open(Path directory) {
        Path first = directory.resolve("metadata.mv");
        Path second = directory.resolve("metadata-2.mv");
        Loaded one = null;
        Loaded two = null;
        try {
            Files.createDirectories(directory);
            boolean isNew = !Files.exists(first) && !Files.exists(second);
            one = read(first);
            two = read(second);
            if (one == null && two == null && !isNew) {
                throw new MetadataException(
                        Kind.REFUSED,
                        "the metadata store " + first + " cannot be read, nor can " + second.getFileName()
                                + " beside it: put a copy back, or move both away to begin anew",
                        null);
            }
            one = one == null ? create(first) : one;
            two = two == null ? create(second) : two;
            return one.file().revision() >= two.file().revision() ? of(one, two) : of(two, one);
        } catch (IOException | RuntimeException e) {
            abandon(one);
            abandon(two);
            if (e instanceof MetadataException known) {
                throw known;
            }
            throw new MetadataException(
                    Kind.REFUSED, "the metadata store in " + directory + " cannot be made: " + e, e);
        }
    }

    private static void abandon(@Nullable Loaded opened) {
        if (opened != null) {
            opened.file().abandon();
        }
    }

    /** Opens a file; null when there is none or it cannot be read. */
    private static @Nullable Loaded read(Path path) {
        if (!Files.exists(path)) {
            return null;
        }
        EmbeddedFile file = null;
        try {
            file = EmbeddedFile.open(path);
            return new Loaded(file, file.load());
        } catch (RuntimeException e) {
            if (file != null) {
                file.abandon();
            }
            if (e instanceof MVStoreException known && known.getErrorCode() == DataUtils.ERROR_FILE_LOCKED) {
                throw new MetadataException(
                        Kind.REFUSED,
                        "the metadata store " + path
                                + " is in use by another process: stop that one, or use another data directory",
                        e);
            }
            LOG.warnf(
                    "a file of the metadata store was not written to its end; the other one counts. file=%s cause=%s",
                    path, e.getMessage());
            return null;
        }
    }

    private static Loaded create(Path path) throws IOException {
        Files.deleteIfExists(path);
        return new Loaded(EmbeddedFile.open(path), new TreeMap<>(KeyOrder.BY_UTF8));
    }

    private static EmbeddedFiles of(Loaded newer, Loaded older) {
        Map<String, Change> lacking = new LinkedHashMap<>();
        newer.content().forEach((key, stored) -> {
            Stored other = older.content().get(key);
            if (other == null || other.version() != stored.version()) {
                lacking.put(key, new Change(key, stored));
            }
        });
        for (String key : older.content().keySet()) {
            if (!newer.content().containsKey(key)) {
                lacking.put(key, new Change(key, null));
            }
        }
        return new EmbeddedFiles(newer.content(), newer.file(), older.file(), lacking);
    }

    /** What was in the files when they were opened; the caller's to change. */
    NavigableMap<String, Stored> content() {
        return content;
    }

    /** The revision of the last change that was written. */
    long revision() {
        return current.revision();
    }

    /**
     * Writes changes, all or none of them; they are on disk when it returns.
     *
     * @throws MVStoreException when the disk fails: whether they are there after a restart is then unknown
     */
    void write(List<Change> changes, long revision) {
        Map<String, Change> latest = new LinkedHashMap<>();
        changes.forEach(change -> latest.put(change.key(), change));
        Map<String, Change> all = new LinkedHashMap<>(lacking);
        all.putAll(latest);
        behind.write(all.values(), revision);
        EmbeddedFile written = behind;
        behind = current;
        current = written;
        lacking = latest;
    }

    @Override
    public void close() {
        try {
            current.close();
        } finally {
            behind.close();
        }
    }
}
