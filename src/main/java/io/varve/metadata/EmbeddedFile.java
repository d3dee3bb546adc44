package io.varve.metadata;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collection;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;
import org.jspecify.annotations.Nullable;

/**
 * One file of the embedded store (H2's MVStore). Used by one thread at a time, which must never be interrupted: Java closes a file under
 * an interrupted thread.
 *
 * <p>MVStore has no checksum over what it writes, so a commit that a power cut has torn apart may look whole. A digest of everything in
 * the file is written with every commit and compared when the file is opened.
 */
final class EmbeddedFile implements AutoCloseable {
    private static final String REVISION = "revision";
    private static final String DIGEST = "digest";

    /** Space is used again as soon as a commit has freed it: MVStore's 45 seconds are for those who do not sync every commit. */
    private static final int RETENTION_MILLIS = 0;

    /** After this many commits the file is tidied a little, so that it grows with what is in it and not with what was written. */
    private static final int TIDY_EVERY = 100;

    private static final int TIDY_FILL_PERCENT = 50;
    private static final int TIDY_BYTES = 1 << 20;

    private final MVStore store;
    private final MVMap<String, byte[]> values;
    private final MVMap<String, Long> counters;
    private long digest;
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
        this.digest = counters.getOrDefault(DIGEST, 0L) ^ spread(revision());
    }

    /**
     * Opens {@code file}, which is made when missing.
     *
     * @throws MVStoreException when another process has it open, or it cannot be read
     */
    static EmbeddedFile open(Path file) {
        // The buffer size of zero stops MVStore from writing half of a transaction when that is large.
        MVStore store = new MVStore.Builder()
                .fileName(file.toString())
                .autoCommitDisabled()
                .autoCommitBufferSize(0)
                .open();
        try {
            store.setVersionsToKeep(0);
            store.setRetentionTime(RETENTION_MILLIS);
            return new EmbeddedFile(store);
        } catch (RuntimeException e) {
            store.closeImmediately();
            throw e;
        }
    }

    /**
     * Everything that is in the file.
     *
     * @throws IllegalStateException when it is not what was written
     */
    NavigableMap<String, Stored> load() {
        NavigableMap<String, Stored> all = new TreeMap<>(KeyOrder.BY_UTF8);
        long found = 0;
        for (var each : values.entrySet()) {
            found ^= digest(each.getKey(), each.getValue());
            all.put(each.getKey(), Stored.decode(each.getValue()));
        }
        if (found != digest) {
            throw new IllegalStateException("what is in it is not what was written");
        }
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
    void write(Collection<Change> changes, long revision) {
        for (Change change : changes) {
            Stored stored = change.stored();
            byte[] after = stored == null ? null : stored.encode();
            byte[] before = after == null ? values.remove(change.key()) : values.put(change.key(), after);
            digest ^= digest(change.key(), before) ^ digest(change.key(), after);
        }
        counters.put(REVISION, revision);
        counters.put(DIGEST, digest ^ spread(revision));
        store.commit();
        store.sync();
        if (++commits % TIDY_EVERY == 0) {
            store.compact(TIDY_FILL_PERCENT, TIDY_BYTES);
        }
    }

    /** A number for one entry; those of all entries, combined by exclusive or, are the digest of the file. */
    private static long digest(String key, byte @Nullable [] bytes) {
        if (bytes == null) {
            return 0;
        }
        byte[] name = key.getBytes(StandardCharsets.UTF_8);
        CRC32C crc = new CRC32C();
        crc.update(name);
        long high = crc.getValue();
        crc.update(bytes);
        return spread(high << 32 | crc.getValue());
    }

    /** So that what two entries have in common does not cancel out (the finalizer of MurmurHash3). */
    private static long spread(long value) {
        long mixed = (value ^ (value >>> 33)) * 0xff51afd7ed558ccdL;
        mixed = (mixed ^ (mixed >>> 33)) * 0xc4ceb9fe1a85ec53L;
        return mixed ^ (mixed >>> 33);
    }

    @Override
    public void close() {
        store.close();
    }

    /** Lets go of a file that cannot be trusted, without writing to it. */
    void abandon() {
        store.closeImmediately();
    }
}
