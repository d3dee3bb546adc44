package io.varve.group;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.varve.group.ShardClaims.Claim;
import io.varve.metadata.MetadataException;
import io.varve.metadata.MetadataStore;
import io.varve.metadata.Txn;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.errors.NotCoordinatorException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.coordinator.common.runtime.PartitionWriter;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Writes one shard's records under one claim, from when the shard is loaded until the writer ends. One transaction is in flight at a time,
 * and what is appended meanwhile goes into the next (group commit). Every transaction compares the shard's epoch key (rule 4): once somebody
 * else owns the shard, nothing more is written.
 *
 * <p>A write whose outcome is unknown ends the writer: what the coordinator has in memory may differ from the store, so the shard has to be
 * loaded again under a new claim. When the store certainly changed nothing, the write is tried again until it works. What waits is bounded:
 * beyond that appends are refused. Thread-safe; {@link #run} is for one thread.
 */
final class ShardWriter {
    private static final Logger LOG = Logger.getLogger(ShardWriter.class);
    private static final long MAX_WAITING_BYTES = 16L << 20;

    /** etcd takes requests of 1.5 MiB unless told otherwise. */
    private static final long MAX_TRANSACTION_BYTES = 1_400_000;

    /** Enough to be worth its round trip; more would only make everybody in it wait longer. */
    private static final long GROUP_BYTES = 512 << 10;

    private final Claim claim;
    private final MetadataStore store;
    private final Time time;
    private final GroupMetrics metrics;
    private final GroupCoordinatorRecordSerde serde = new GroupCoordinatorRecordSerde();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private final ArrayDeque<WriteBatch> waiting = new ArrayDeque<>();

    @GuardedBy("lock")
    private long waitingBytes;

    @GuardedBy("lock")
    private long nextPosition;

    @GuardedBy("lock")
    private State state = State.LOADING;

    private volatile PartitionWriter.@Nullable Listener listener;
    private volatile boolean hasWritten;

    /** The life of a writer; it only moves forward. */
    private enum State {
        LOADING,
        OPEN,
        /** Its owner wants no more of it. */
        CLOSED,
        /** Somebody else has the shard. */
        FENCED,
        /** Memory and store may differ. */
        FAILED;

        boolean isEnd() {
            return switch (this) {
                case LOADING, OPEN -> false;
                case CLOSED, FENCED, FAILED -> true;
            };
        }
    }

    /** Why a writer ended. */
    enum End {
        /** {@link #close} was called. */
        CLOSED,
        /** The shard's epoch is not ours any more. */
        FENCED,
        /** The shard has to be loaded again. */
        FAILED
    }

    ShardWriter(Claim claim, MetadataStore store, Time time, GroupMetrics metrics) {
        this.claim = claim;
        this.store = store;
        this.time = time;
        this.metrics = metrics;
    }

    int shard() {
        return claim.shard();
    }

    /** Of the claim that it writes under. */
    int epoch() {
        return claim.epoch();
    }

    /** Whether the shard is loaded and answers. */
    boolean isOpen() {
        lock.lock();
        try {
            return state == State.OPEN;
        } finally {
            lock.unlock();
        }
    }

    /** Whether at least one transaction was written: the store is well then. */
    boolean hasWritten() {
        return hasWritten;
    }

    /**
     * The shard is loaded: appends are taken from now on, not before. An append of the coordinator's former life, still in its event queue, must
     * not end up under this claim.
     *
     * @param position where the loaded records end
     */
    void open(long position) {
        lock.lock();
        try {
            if (state != State.LOADING) {
                throw new NotCoordinatorException("shard " + shard() + " was given up while it was loaded");
            }
            nextPosition = position;
            state = State.OPEN;
        } finally {
            lock.unlock();
        }
    }

    /** The shard could not be loaded. */
    void failLoad() {
        end(State.FAILED);
    }

    /** Writes nothing any more, except for the transaction under way. */
    void close() {
        end(State.CLOSED);
    }

    private void end(State end) {
        lock.lock();
        try {
            if (!state.isEnd()) {
                state = end;
                waiting.clear();
                waitingBytes = 0;
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    void register(PartitionWriter.Listener added) {
        listener = added;
    }

    void deregister(PartitionWriter.Listener removed) {
        if (removed.equals(listener)) {
            listener = null;
        }
    }

    /**
     * Takes a batch.
     *
     * @return the position after its last record; the listener hears of it when the store has it
     * @throws NotCoordinatorException when the writer is not open
     * @throws NotEnoughReplicasException (which clients hear as the retriable COORDINATOR_NOT_AVAILABLE) when too much waits already, or
     *     the batch is larger than a transaction of the store may be: it cannot be split without risking that half a change is stored
     */
    long append(MemoryRecords records) {
        lock.lock();
        try {
            if (state != State.OPEN) {
                throw new NotCoordinatorException("shard " + shard() + " is not served by this broker now");
            }
            WriteBatch batch = WriteBatch.of(shard(), records, nextPosition, serde);
            requireStorable(batch);
            if (!waiting.isEmpty() && waitingBytes + batch.bytes() > MAX_WAITING_BYTES) {
                metrics.refused();
                throw new NotEnoughReplicasException("too many changes of groups wait for the metadata store");
            }
            nextPosition = batch.end();
            waiting.add(batch);
            waitingBytes += batch.bytes();
            changed.signalAll();
            return batch.end();
        } finally {
            lock.unlock();
        }
    }

    private void requireStorable(WriteBatch batch) {
        int operations = batch.operations().size();
        if (operations > store.maxOperations()) {
            metrics.refused();
            LOG.errorf(
                    "a change of a group has more operations than the metadata store takes in one transaction: start etcd with a larger "
                            + "--max-txn-ops. shard=%d operations=%d limit=%d",
                    shard(), operations, store.maxOperations());
            throw new NotEnoughReplicasException(
                    "the change has " + operations + " operations, the metadata store takes " + store.maxOperations());
        }
        if (batch.bytes() > MAX_TRANSACTION_BYTES) {
            metrics.refused();
            LOG.errorf(
                    "a change of a group is larger than the metadata store takes in one transaction: make the group smaller. "
                            + "shard=%d bytes=%d limit=%d",
                    shard(), batch.bytes(), MAX_TRANSACTION_BYTES);
            throw new NotEnoughReplicasException(
                    "the change has " + batch.bytes() + " bytes, the metadata store takes " + MAX_TRANSACTION_BYTES);
        }
    }

    /** Writes what is appended until the writer ends; afterwards nothing of it is under way. */
    End run() {
        while (true) {
            List<WriteBatch> group = take();
            if (group.isEmpty()) {
                return why();
            }
            State end = write(WriteBatch.merge(group));
            if (end != null) {
                end(end);
                continue;
            }
            hasWritten = true;
            PartitionWriter.Listener told = listener;
            if (told != null) {
                told.onHighWatermarkUpdated(
                        Shards.partition(shard()), group.getLast().end());
            }
        }
    }

    private End why() {
        lock.lock();
        try {
            return switch (state) {
                case CLOSED -> End.CLOSED;
                case FENCED -> End.FENCED;
                case FAILED -> End.FAILED;
                case LOADING, OPEN -> throw new IllegalStateException("the writer has not ended");
            };
        } finally {
            lock.unlock();
        }
    }

    /** The next batches that fit into one transaction, waiting for the first; none when the writer has ended. */
    private List<WriteBatch> take() {
        List<WriteBatch> group = new ArrayList<>();
        lock.lock();
        try {
            while (waiting.isEmpty() && !state.isEnd()) {
                changed.awaitUninterruptibly();
            }
            long operations = 0;
            long bytes = 0;
            while (!waiting.isEmpty()) {
                WriteBatch next = waiting.element();
                operations += next.operations().size();
                bytes += next.bytes();
                if (!group.isEmpty() && (operations > store.maxOperations() || bytes > GROUP_BYTES)) {
                    break;
                }
                group.add(waiting.remove());
                waitingBytes -= next.bytes();
            }
        } finally {
            lock.unlock();
        }
        return group;
    }

    /** @return how the writer has to end, or null when the batch is stored */
    private @Nullable State write(WriteBatch batch) {
        Txn txn = new Txn(
                List.of(new Txn.Compare(claim.key(), claim.version())),
                List.copyOf(batch.operations().values()));
        Backoff backoff = new Backoff(time);
        while (true) {
            try {
                long begun = time.nanoseconds();
                boolean applied = store.commit(txn).applied();
                metrics.committed(time.nanoseconds() - begun, batch.operations().size());
                return applied ? null : State.FENCED;
            } catch (MetadataException e) {
                switch (e.kind()) {
                    case UNAVAILABLE, NO_SPACE -> {
                        // Certainly nothing has changed: the same transaction may be sent again.
                        if (backoff.isFirst()) {
                            LOG.warnf(
                                    "cannot write group state, will try again until it works. shard=%d cause=%s",
                                    shard(), e.getMessage());
                        }
                        if (!backoff.pause(this::isEnded)) {
                            return State.CLOSED;
                        }
                    }
                    case REFUSED -> {
                        LOG.errorf(
                                "the metadata store refuses group state: see --max-txn-ops and --max-request-bytes of etcd. shard=%d "
                                        + "operations=%d bytes=%d cause=%s",
                                shard(), batch.operations().size(), batch.bytes(), e.getMessage());
                        return State.FAILED;
                    }
                    case OUTCOME_UNKNOWN, COMPACTED, CLOSED -> {
                        LOG.warnf(
                                "cannot tell whether group state was written, loading the shard again. shard=%d epoch=%d cause=%s",
                                shard(), claim.epoch(), e.getMessage());
                        return State.FAILED;
                    }
                }
            }
        }
    }

    private boolean isEnded() {
        lock.lock();
        try {
            return state.isEnd();
        } finally {
            lock.unlock();
        }
    }
}
