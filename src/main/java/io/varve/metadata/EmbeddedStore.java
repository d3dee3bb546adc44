package io.varve.metadata;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.varve.metadata.MetadataException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;
import org.jspecify.annotations.Nullable;

/**
 * The metadata store of a single process, in one file (H2's MVStore). A transaction is on disk when {@link #commit} returns. Leases
 * live as long as the process. Thread-safe.
 */
public final class EmbeddedStore implements MetadataStore {
    private static final String REVISION = "revision";
    private static final int RETENTION_MILLIS = 1_000;
    private static final int MAX_OPERATIONS = 100_000;

    private final MVStore store;
    private final WatchHub watches = new WatchHub();
    private final AtomicLong leaseIds = new AtomicLong();

    @GuardedBy("this")
    private final MVMap<String, byte[]> values;

    @GuardedBy("this")
    private final MVMap<String, Long> counters;

    @GuardedBy("this")
    private long revision;

    private volatile @Nullable String problem;

    private EmbeddedStore(MVStore store) {
        this.store = store;
        this.values = store.openMap("values");
        this.counters = store.openMap("counters");
        this.revision = counters.getOrDefault(REVISION, 0L);
        removeLeased();
    }

    /**
     * Opens the store in {@code directory}, which is made when missing.
     *
     * @throws MetadataException when another process has it open, or it cannot be read
     */
    public static EmbeddedStore open(Path directory) {
        Path file = directory.resolve("metadata.mv");
        try {
            Files.createDirectories(directory);
            MVStore store = new MVStore.Builder()
                    .fileName(file.toString())
                    .autoCommitDisabled()
                    .open();
            store.setVersionsToKeep(0);
            store.setRetentionTime(RETENTION_MILLIS);
            return new EmbeddedStore(store);
        } catch (IOException | MVStoreException e) {
            throw new MetadataException(
                    Kind.UNAVAILABLE,
                    "cannot open the metadata store " + file + " (is another process using it?): " + e.getMessage(),
                    e);
        }
    }

    /** A stored value: version, lease flag, bytes. */
    private record Stored(long version, boolean leased, byte[] value) {
        static Stored decode(byte[] bytes) {
            ByteBuffer in = ByteBuffer.wrap(bytes);
            long version = in.getLong();
            boolean leased = in.get() != 0;
            byte[] value = new byte[in.remaining()];
            in.get(value);
            return new Stored(version, leased, value);
        }

        byte[] encode() {
            return ByteBuffer.allocate(9 + value.length)
                    .putLong(version)
                    .put((byte) (leased ? 1 : 0))
                    .put(value)
                    .array();
        }
    }

    /** Leases end with the process that held them. */
    private void removeLeased() {
        synchronized (this) {
            List<String> leased = new ArrayList<>();
            values.forEach((key, bytes) -> {
                if (Stored.decode(bytes).leased()) {
                    leased.add(key);
                }
            });
            leased.forEach(values::remove);
            store.commit();
        }
    }

    @Override
    public synchronized Optional<Entry> get(String key) {
        requireOpen();
        return Optional.ofNullable(values.get(key)).map(bytes -> entry(key, bytes));
    }

    private static Entry entry(String key, byte[] bytes) {
        Stored stored = Stored.decode(bytes);
        return new Entry(key, stored.value(), stored.version());
    }

    @Override
    public synchronized Range range(String prefix) {
        requireOpen();
        List<Entry> entries = new ArrayList<>();
        Iterator<String> keys = values.keyIterator(prefix);
        while (keys.hasNext()) {
            String key = keys.next();
            if (!key.startsWith(prefix)) {
                break;
            }
            byte[] bytes = values.get(key);
            if (bytes != null) {
                entries.add(entry(key, bytes));
            }
        }
        return new Range(entries, revision);
    }

    @Override
    public synchronized TxnResult commit(Txn txn) {
        requireOpen();
        for (Txn.Operation operation : txn.operations()) {
            if (operation instanceof Txn.Put put && put.value().length > MAX_VALUE_BYTES) {
                throw new MetadataException(Kind.REFUSED, "the value of " + put.key() + " is too large", null);
            }
        }
        for (Txn.Compare compare : txn.compares()) {
            byte[] bytes = values.get(compare.key());
            long version = bytes == null ? Txn.ABSENT : Stored.decode(bytes).version();
            if (version != compare.version()) {
                return new TxnResult(false, revision);
            }
        }
        return new TxnResult(true, txn.operations().isEmpty() ? revision : apply(txn.operations()));
    }

    @GuardedBy("this")
    private long apply(List<Txn.Operation> operations) {
        long next = revision + 1;
        List<WatchListener.Event> events = new ArrayList<>(operations.size());
        for (Txn.Operation operation : operations) {
            switch (operation) {
                case Txn.Put put -> {
                    values.put(put.key(), new Stored(next, put.lease() != null, put.value()).encode());
                    if (put.lease() instanceof EmbeddedLease lease) {
                        lease.keys.add(put.key());
                    }
                    events.add(new WatchListener.Changed(new Entry(put.key(), put.value(), next)));
                }
                case Txn.Delete delete -> {
                    if (values.remove(delete.key()) != null) {
                        events.add(new WatchListener.Removed(delete.key(), next));
                    }
                }
            }
        }
        counters.put(REVISION, next);
        persist();
        revision = next;
        watches.publish(next, events);
        return next;
    }

    @GuardedBy("this")
    private void persist() {
        try {
            store.commit();
            store.sync();
        } catch (MVStoreException e) {
            // What is in memory and what is on disk may differ now: nothing may be read or written until a restart.
            problem = "the metadata store has failed: " + e.getMessage();
            throw new MetadataException(Kind.OUTCOME_UNKNOWN, "cannot write the metadata store", e);
        }
    }

    private void requireOpen() {
        if (problem != null) {
            throw new MetadataException(Kind.UNAVAILABLE, problem, null);
        }
        if (store.isClosed()) {
            throw new MetadataException(Kind.CLOSED, "the metadata store is closed", null);
        }
    }

    @Override
    public synchronized Watch watch(String prefix, long afterRevision, WatchListener listener) {
        return watches.watch(prefix, afterRevision, revision, listener);
    }

    private final class EmbeddedLease implements Lease {
        private final long id = leaseIds.incrementAndGet();
        private final List<String> keys = new ArrayList<>();
        private volatile boolean closed;

        @Override
        public long id() {
            return id;
        }

        @Override
        public boolean isHeld() {
            return !closed;
        }

        @Override
        public void onLost(Runnable action) {
            // One process: its leases end when it closes them or with itself.
        }

        @Override
        public void close() {
            synchronized (EmbeddedStore.this) {
                if (!closed && !store.isClosed() && problem == null && !keys.isEmpty()) {
                    apply(keys.stream()
                            .distinct()
                            .<Txn.Operation>map(Txn.Delete::new)
                            .toList());
                }
                closed = true;
            }
        }
    }

    @Override
    public Lease grantLease(Duration timeToLive) {
        return new EmbeddedLease();
    }

    @Override
    public int maxOperations() {
        return MAX_OPERATIONS;
    }

    @Override
    public Optional<String> problem() {
        return Optional.ofNullable(problem);
    }

    @Override
    public synchronized void close() {
        if (!store.isClosed()) {
            watches.close();
            store.close();
        }
    }
}
