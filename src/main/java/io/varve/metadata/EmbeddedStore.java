package io.varve.metadata;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.varve.metadata.EmbeddedFile.Stored;
import io.varve.metadata.MetadataException.Kind;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;

/**
 * The metadata store of a single process: all in memory, and in a directory. What a method returns is on disk: a transaction, and also what a
 * read or a failed compare has seen. Concurrent callers share one sync (group commit); when that fails, all of them fail, and so does
 * everything after it (rule 9). Leases live as long as the process. Thread-safe.
 */
public final class EmbeddedStore implements MetadataStore {
    private static final int MAX_OPERATIONS = 100_000;

    private final EmbeddedWriter writer;
    private final WatchHub watches;

    @GuardedBy("this")
    private final NavigableMap<String, Stored> values;

    /** The lease of each key that has one. */
    @GuardedBy("this")
    private final Map<String, EmbeddedLease> leased = new HashMap<>();

    @GuardedBy("this")
    private long revision;

    @GuardedBy("this")
    private long lastLeaseId;

    @GuardedBy("this")
    private boolean closed;

    private EmbeddedStore(EmbeddedFiles files) {
        this.values = files.content();
        this.revision = files.revision();
        this.watches = new WatchHub(revision);
        this.writer = new EmbeddedWriter(files, watches);
    }

    /**
     * Opens the store in {@code directory}, which is made when missing.
     *
     * @throws MetadataException when another process has it open, or it cannot be read
     */
    public static EmbeddedStore open(Path directory) {
        EmbeddedStore store = new EmbeddedStore(EmbeddedFiles.open(directory));
        store.endLeasesOfTheProcessBefore();
        return store;
    }

    private void endLeasesOfTheProcessBefore() {
        long made;
        synchronized (this) {
            List<Txn.Operation> deletes = new ArrayList<>();
            values.forEach((key, stored) -> {
                if (stored.leased()) {
                    deletes.add(new Txn.Delete(key));
                }
            });
            made = apply(deletes);
        }
        writer.await(made, Kind.OUTCOME_UNKNOWN);
    }

    @Override
    public Optional<Entry> get(String key) {
        Stored stored;
        long seen;
        synchronized (this) {
            requireOpen();
            stored = values.get(key);
            seen = revision;
        }
        writer.await(seen, Kind.UNAVAILABLE);
        return Optional.ofNullable(stored).map(found -> new Entry(key, found.value(), found.version()));
    }

    @Override
    public Range range(String prefix) {
        List<Entry> entries = new ArrayList<>();
        long seen;
        synchronized (this) {
            requireOpen();
            for (Map.Entry<String, Stored> each : values.tailMap(prefix, true).entrySet()) {
                if (!each.getKey().startsWith(prefix)) {
                    break;
                }
                entries.add(new Entry(
                        each.getKey(), each.getValue().value(), each.getValue().version()));
            }
            seen = revision;
        }
        writer.await(seen, Kind.UNAVAILABLE);
        return new Range(List.copyOf(entries), seen);
    }

    @Override
    public TxnResult commit(Txn txn) {
        txn.requireSize(MAX_VALUE_BYTES);
        if (txn.operations().size() > MAX_OPERATIONS) {
            throw new MetadataException(
                    Kind.REFUSED, "a transaction has more than " + MAX_OPERATIONS + " operations", null);
        }
        boolean applied;
        long made;
        synchronized (this) {
            requireOpen();
            requireOwnLeases(txn);
            applied = txn.compares().stream().allMatch(this::holds);
            made = applied ? apply(txn.operations()) : revision;
        }
        writer.await(made, Kind.OUTCOME_UNKNOWN);
        return new TxnResult(applied, made);
    }

    @SuppressWarnings("GuardedBy") // called by a stream within the lock
    private boolean holds(Txn.Compare compare) {
        Stored stored = values.get(compare.key());
        return (stored == null ? Txn.ABSENT : stored.version()) == compare.version();
    }

    @GuardedBy("this")
    private void requireOwnLeases(Txn txn) {
        for (Txn.Operation operation : txn.operations()) {
            if (operation instanceof Txn.Put put
                    && put.lease() != null
                    && !(put.lease() instanceof EmbeddedLease lease && lease.isHeld() && lease.isOf(this))) {
                throw new MetadataException(Kind.REFUSED, "the lease of " + put.key() + " has ended", null);
            }
        }
    }

    /** Changes what is in memory and hands the change to the writer; returns its revision. */
    @GuardedBy("this")
    private long apply(List<Txn.Operation> operations) {
        long next = revision + 1;
        List<EmbeddedFile.Change> changes = new ArrayList<>(operations.size());
        List<WatchListener.Event> events = new ArrayList<>(operations.size());
        for (Txn.Operation operation : operations) {
            String key = operation.key();
            leased.remove(key);
            switch (operation) {
                case Txn.Put put -> {
                    Stored stored = new Stored(next, put.lease() != null, put.value());
                    values.put(key, stored);
                    if (put.lease() instanceof EmbeddedLease lease) {
                        leased.put(key, lease);
                    }
                    changes.add(new EmbeddedFile.Change(key, stored));
                    events.add(new WatchListener.Changed(new Entry(key, put.value(), next)));
                }
                case Txn.Delete delete -> {
                    if (values.remove(key) != null) {
                        changes.add(new EmbeddedFile.Change(key, null));
                        events.add(new WatchListener.Removed(key, next));
                    }
                }
            }
        }
        if (changes.isEmpty()) {
            return revision;
        }
        revision = next;
        writer.add(new EmbeddedWriter.Write(next, changes, events));
        return next;
    }

    @GuardedBy("this")
    private void requireOpen() {
        if (closed) {
            throw new MetadataException(Kind.CLOSED, "the metadata store is closed", null);
        }
        writer.requireHealthy();
    }

    @Override
    public Watch watch(String prefix, long afterRevision, WatchListener listener) {
        synchronized (this) {
            requireOpen();
        }
        return watches.watch(prefix, afterRevision, listener);
    }

    private final class EmbeddedLease implements Lease {
        private final long id;
        private volatile boolean ended;

        EmbeddedLease(long id) {
            this.id = id;
        }

        boolean isOf(EmbeddedStore store) {
            return EmbeddedStore.this.equals(store);
        }

        @Override
        public long id() {
            return id;
        }

        @Override
        public boolean isHeld() {
            return !ended;
        }

        @Override
        public void onLost(Runnable action) {
            Objects.requireNonNull(action);
            // One process: its leases end when it closes them, or with itself.
        }

        @Override
        public void close() {
            long made;
            synchronized (EmbeddedStore.this) {
                if (ended) {
                    return;
                }
                ended = true;
                if (closed || writer.problem().isPresent()) {
                    return;
                }
                made = removeKeys();
            }
            writer.await(made, Kind.OUTCOME_UNKNOWN);
        }

        @SuppressWarnings("GuardedBy") // called within the lock
        private long removeKeys() {
            List<Txn.Operation> deletes = new ArrayList<>();
            leased.forEach((key, lease) -> {
                if (lease.equals(this)) {
                    deletes.add(new Txn.Delete(key));
                }
            });
            return apply(deletes);
        }
    }

    @Override
    public synchronized Lease grantLease(Duration timeToLive) {
        requireOpen();
        return new EmbeddedLease(++lastLeaseId);
    }

    @Override
    public int maxOperations() {
        return MAX_OPERATIONS;
    }

    @Override
    public Optional<String> problem() {
        return writer.problem();
    }

    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        writer.close();
        watches.close();
    }
}
