package io.varve.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord;
import io.varve.cluster.PartitionRecords;
import io.varve.cluster.PartitionRecords.Versioned;
import io.varve.metadata.MetadataException;
import io.varve.metadata.Txn;
import java.util.Random;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.utils.Time;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A partition's record as this broker last saw it, and the one way to change it: one compare-and-swap at a time (rule 1), tried
 * again while the metadata store is away. Thread-safe; {@link #change} blocks.
 */
final class PartitionMetadata {
    private static final Logger LOG = Logger.getLogger(PartitionMetadata.class);
    private static final long FIRST_BACKOFF_MILLIS = 50;
    private static final long MAX_BACKOFF_MILLIS = 2_000;

    private final PartitionId id;
    private final PartitionRecords store;
    private final Time time;
    private final Random random;
    private final ReentrantLock lock = new ReentrantLock();
    private volatile @Nullable PartitionRecord record;
    private volatile boolean closed;

    /** Of {@link #record}. */
    @GuardedBy("this")
    private long version;

    PartitionMetadata(PartitionId id, PartitionRecords store, @Nullable Versioned known, Time time, Random random) {
        this.id = id;
        this.store = store;
        this.record = known == null ? null : known.record();
        this.version = known == null ? Txn.ABSENT : known.version();
        this.time = time;
        this.random = random;
    }

    /** The newest record that was seen, or null when the partition has none yet. Never blocks. */
    @Nullable
    PartitionRecord record() {
        return record;
    }

    /** Takes note of a record that was seen: other brokers change it as well, when they upload a segment for example. Older ones are ignored. */
    synchronized void saw(Versioned seen) {
        if (seen.version() > version) {
            record = seen.record();
            version = seen.version();
        }
    }

    /** Stops changes: those under way fail at their next try. */
    void close() {
        closed = true;
    }

    /**
     * Applies {@code change} (see {@link PartitionRecords#update}), however long the store is away.
     *
     * @return the record as it now stands
     * @throws NotLeaderOrFollowerException when the partition is closed, or another owner has it
     */
    @Nullable
    PartitionRecord change(UnaryOperator<@Nullable PartitionRecord> change) {
        return change(change, Long.MAX_VALUE);
    }

    /**
     * As {@link #change(UnaryOperator)}, giving up after {@code patienceMillis}.
     *
     * @throws MetadataException when the store was away for that long
     */
    @Nullable
    PartitionRecord change(UnaryOperator<@Nullable PartitionRecord> change, long patienceMillis) {
        long started = time.milliseconds();
        for (int attempt = 0; ; attempt++) {
            lock.lock();
            try {
                requireOpen();
                Versioned now = store.update(id, change).orElse(null);
                if (now == null) {
                    record = null;
                    return null;
                }
                saw(now);
                return now.record();
            } catch (MetadataException e) {
                if (e.kind() == MetadataException.Kind.CLOSED || time.milliseconds() - started >= patienceMillis) {
                    throw e;
                }
                if (attempt == 0) {
                    LOG.warnf("metadata store is away, will try again. partition=%s cause=%s", id, e.getMessage());
                }
            } finally {
                lock.unlock();
            }
            time.sleep(backoffMillis(attempt));
        }
    }

    /** Waits until no change is being written. Blocks for as long as one request takes. */
    void awaitQuiet() {
        lock.lock();
        try {
            LOG.debugf("no change of the record is under way. partition=%s", id);
        } finally {
            lock.unlock();
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new NotLeaderOrFollowerException("partition " + id + " is closed on this broker");
        }
    }

    private long backoffMillis(int attempt) {
        long bound = Math.min(MAX_BACKOFF_MILLIS, FIRST_BACKOFF_MILLIS << Math.min(attempt, 10));
        return bound / 2 + random.nextLong(bound / 2 + 1);
    }
}
