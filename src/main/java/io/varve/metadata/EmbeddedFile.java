package io.varve.metadata;

import io.varve.metadata.MetadataException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;
import org.jspecify.annotations.Nullable;

/**
 * The file of the embedded store (H2's MVStore). Used by one thread at a time, which must never be interrupted: Java closes a file under
 * an interrupted thread.
 */
final class EmbeddedFile implements AutoCloseable {
    private static final String REVISION = "revision";

    /** Space is used again as soon as a commit has freed it: MVStore's 45 seconds are for those who do not sync every commit. */
    private static final int RETENTION_MILLIS = 0;

    /** After this many commits the file is tidied a little, so that it grows with what is in it and not with what was written. */
    private static final int TIDY_EVERY = 100;

    private static final int TIDY_FILL_PERCENT = 50;
    private static final int TIDY_BYTES = 1 << 20;

    private final MVStore store;
    private final MVMap<String, byte[]> values;
    private final MVMap<String, Long> counters;
    private int commits;

    /** One change to write: a value, or none to remove the key. */
    record Change(String key, @Nullable Stored stored) {}

    /** A value as it is kept. */
    record Stored(long version, boolean leased, byte[] value) {
        private static final int HEADER_BYTES = 9;

        static Stored decode(byte[] bytes) {
            ByteBuffer in = ByteBuffer.wrap(bytes);
            long version = in.getLong();
            boolean leased = in.get() != 0;
            byte[] value = new byte[in.remaining()];
            in.get(value);
            return new Stored(version, leased, value);
        }

        byte[] encode() {
            return ByteBuffer.allocate(HEADER_BYTES + value.length)
                    .putLong(version)
                    .put((byte) (leased ? 1 : 0))
                    .put(value)
                    .array();
        }
    }

    private EmbeddedFile(MVStore store) {
        this.store = store;
        this.values = store.openMap("values");
        this.counters = store.openMap("counters");
    }

    /**
     * Opens {@code file}, which is made when missing.
     *
     * @throws MetadataException when another process has it open, or it cannot be read
     */
    static EmbeddedFile open(Path file) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            // The buffer size of zero stops MVStore from writing half of a transaction when that is large.
            MVStore store = new MVStore.Builder()
                    .fileName(file.toString())
                    .autoCommitDisabled()
                    .autoCommitBufferSize(0)
                    .open();
            store.setVersionsToKeep(0);
            store.setRetentionTime(RETENTION_MILLIS);
            return new EmbeddedFile(store);
        } catch (MVStoreException e) {
            String words = e.getErrorCode() == DataUtils.ERROR_FILE_LOCKED
                    ? " is in use by another process: stop that one, or use another data directory"
                    : " cannot be read: " + e.getMessage();
            throw new MetadataException(Kind.REFUSED, "the metadata store " + file + words, e);
        } catch (IOException e) {
            throw new MetadataException(Kind.REFUSED, "the metadata store " + file + " cannot be made: " + e, e);
        }
    }

    /** Everything that is in the file. */
    NavigableMap<String, Stored> load() {
        NavigableMap<String, Stored> all = new TreeMap<>(KeyOrder.BY_UTF8);
        values.forEach((key, bytes) -> all.put(key, Stored.decode(bytes)));
        return all;
    }

    /** The revision of the last change that is in the file. */
    long revision() {
        return counters.getOrDefault(REVISION, 0L);
    }

    /**
     * Writes changes, all or none of them; they are on disk when it returns.
     *
     * @throws MVStoreException when the disk fails: whether they are in the file is then unknown
     */
    void write(List<Change> changes, long revision) {
        for (Change change : changes) {
            Stored stored = change.stored();
            if (stored == null) {
                values.remove(change.key());
            } else {
                values.put(change.key(), stored.encode());
            }
        }
        counters.put(REVISION, revision);
        store.commit();
        store.sync();
        if (++commits % TIDY_EVERY == 0) {
            store.compact(TIDY_FILL_PERCENT, TIDY_BYTES);
        }
    }

    @Override
    public void close() {
        store.close();
    }
}
