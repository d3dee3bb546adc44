package io.varve.group;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.varve.metadata.MetadataException;
import io.varve.metadata.MetadataStore;
import io.varve.metadata.Txn;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.LongConsumer;
import org.apache.kafka.common.errors.NotCoordinatorException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.jboss.logging.Logger;

/**
 * Writes one shard's records under one epoch. One transaction is in flight at a time, and what is appended meanwhile goes into the next
 * (group commit). Every transaction compares the shard's epoch key (rule 4): once somebody else owns the shard, nothing more is written.
 *
 * <p>A failure or an unknown outcome ends the writer: what the coordinator has in memory may differ from the store, so the shard has to be
 * loaded again under a new epoch. Thread-safe.
 */
final class ShardWriter {
    private static final Logger LOG = Logger.getLogger(ShardWriter.class);
    private static final long RETRY_MILLIS = 200;

    private final int shard;
    private final MetadataStore store;
    private final String epochKey;
    private final long epochVersion;
    private final Executor blocking;
    private final Time time;
    private final Runnable onFailure;
    private final GroupCoordinatorRecordSerde serde = new GroupCoordinatorRecordSerde();

    @GuardedBy("this")
    private final ArrayDeque<Batch> queue = new ArrayDeque<>();

    @GuardedBy("this")
    private long nextPosition;

    @GuardedBy("this")
    private LongConsumer onWritten = position -> {};

    @GuardedBy("this")
    private boolean busy;

    @GuardedBy("this")
    private boolean ended;

    /** The operations of one append by key: the last one for a key is what counts. */
    private record Batch(Map<String, Txn.Operation> operations, long end) {}

    /** @param onFailure runs once when the writer ends by itself */
    ShardWriter(
            int shard,
            MetadataStore store,
            String epochKey,
            long epochVersion,
            Executor blocking,
            Time time,
            Runnable onFailure) {
        this.shard = shard;
        this.store = store;
        this.epochKey = epochKey;
        this.epochVersion = epochVersion;
        this.blocking = blocking;
        this.time = time;
        this.onFailure = onFailure;
    }

    /** Where the records that were loaded end. */
    synchronized void startAt(long position) {
        nextPosition = position;
    }

    synchronized void onWritten(LongConsumer listener) {
        onWritten = listener;
    }

    /**
     * Takes a batch.
     *
     * @return the position after its last record; {@link #onWritten} reports it when the store has it
     * @throws NotCoordinatorException when the writer has ended
     * @throws RecordTooLargeException when the batch has more operations than the store takes at once
     */
    synchronized long append(MemoryRecords records) {
        if (ended) {
            throw new NotCoordinatorException("shard " + shard + " is being taken over");
        }
        long position = nextPosition;
        Map<String, Txn.Operation> operations = new LinkedHashMap<>();
        for (Record record : records.records()) {
            CoordinatorRecord decoded = serde.deserialize(record.key(), value(record));
            String key = RecordCodec.key(shard, decoded.key());
            operations.put(
                    key,
                    decoded.value() == null
                            ? new Txn.Delete(key)
                            : new Txn.Put(key, RecordCodec.value(decoded, position), null));
            position++;
        }
        if (operations.size() > store.maxOperations()) {
            LOG.errorf(
                    "a group's change has more operations than the metadata store takes in one transaction: start etcd with a "
                            + "higher --max-txn-ops. shard=%d operations=%d limit=%d",
                    shard, operations.size(), store.maxOperations());
            throw new RecordTooLargeException("the group is too large for the metadata store's transactions");
        }
        nextPosition = position;
        queue.add(new Batch(operations, position));
        if (!busy) {
            busy = true;
            blocking.execute(this::drain);
        }
        return position;
    }

    @SuppressWarnings("NullAway") // a tombstone's value is null, which the deserializer expects
    private static ByteBuffer value(Record record) {
        return record.value();
    }

    private void drain() {
        while (true) {
            List<Batch> group = nextGroup();
            if (group.isEmpty()) {
                return;
            }
            if (!write(group)) {
                end();
                onFailure.run();
                return;
            }
            LongConsumer listener;
            synchronized (this) {
                listener = onWritten;
            }
            listener.accept(group.getLast().end());
        }
    }

    private synchronized List<Batch> nextGroup() {
        List<Batch> group = new ArrayList<>();
        int operations = 0;
        while (!queue.isEmpty() && !ended) {
            operations += queue.peek().operations().size();
            if (!group.isEmpty() && operations > store.maxOperations()) {
                break;
            }
            group.add(queue.poll());
        }
        busy = !group.isEmpty();
        return group;
    }

    private boolean write(List<Batch> group) {
        Map<String, Txn.Operation> merged = new LinkedHashMap<>();
        for (Batch batch : group) {
            merged.putAll(batch.operations());
        }
        Txn txn = new Txn(List.of(new Txn.Compare(epochKey, epochVersion)), List.copyOf(merged.values()));
        while (!isEnded()) {
            try {
                if (store.commit(txn).applied()) {
                    return true;
                }
                LOG.warnf("another broker has taken a coordinator shard over. shard=%d", shard);
                return false;
            } catch (MetadataException e) {
                if (e.kind() != MetadataException.Kind.UNAVAILABLE) {
                    LOG.warnf(
                            "cannot tell whether group state was written, loading it again. shard=%d cause=%s",
                            shard, e.getMessage());
                    return false;
                }
            }
            time.sleep(RETRY_MILLIS);
        }
        return false;
    }

    private synchronized boolean isEnded() {
        return ended;
    }

    /** Writes nothing any more. */
    synchronized void end() {
        ended = true;
        queue.clear();
    }
}
