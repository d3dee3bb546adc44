package io.varve.group;

import io.varve.metadata.Entry;
import io.varve.metadata.MetadataException;
import io.varve.metadata.MetadataStore;
import io.varve.metadata.Txn;
import io.varve.metadata.TxnResult;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Executor;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The coordinator shards this broker owns: takes each over under a new epoch ({@code shards/<n>}, rule 2), and again whenever its writer
 * or its load has failed. Thread-safe.
 */
final class Shards {
    private static final Logger LOG = Logger.getLogger(Shards.class);
    private static final long RETRY_MILLIS = 500;

    private final MetadataStore store;
    private final StorePartitionWriter writers;
    private final int brokerId;
    private final Executor blocking;
    private final Time time;
    private volatile @Nullable GroupCoordinator coordinator;
    private volatile boolean closed;

    Shards(MetadataStore store, StorePartitionWriter writers, int brokerId, Executor blocking, Time time) {
        this.store = store;
        this.writers = writers;
        this.brokerId = brokerId;
        this.blocking = blocking;
        this.time = time;
    }

    /** The partition of {@code __consumer_offsets} that the coordinator takes a shard for. */
    static TopicPartition partition(int shard) {
        return new TopicPartition(Topic.GROUP_METADATA_TOPIC_NAME, shard);
    }

    void start(GroupCoordinator elected, int count) {
        coordinator = elected;
        for (int shard = 0; shard < count; shard++) {
            takeOver(shard);
        }
    }

    private static String key(int shard) {
        return "shards/" + shard;
    }

    private void takeOver(int shard) {
        GroupCoordinator elected = coordinator;
        if (elected == null || closed) {
            return;
        }
        String key = key(shard);
        Optional<Entry> current = store.get(key);
        int epoch = current.map(entry -> Integer.parseInt(entry.text().split(" ", 2)[0]) + 1)
                .orElse(0);
        TxnResult taken = store.commit(Txn.builder()
                .require(key, current.map(Entry::version).orElse(Txn.ABSENT))
                .put(key, epoch + " broker " + brokerId)
                .build());
        if (!taken.applied()) {
            retry(shard);
            return;
        }
        writers.install(
                shard, new ShardWriter(shard, store, key, taken.revision(), blocking, time, () -> failed(shard)));
        elected.onElection(shard, epoch);
        LOG.debugf("owns a coordinator shard. shard=%d epoch=%d", shard, epoch);
    }

    /** What the coordinator has in memory cannot be trusted any more: gives the shard up and takes it over again. */
    void failed(int shard) {
        GroupCoordinator elected = coordinator;
        if (elected != null && !closed) {
            elected.onResignation(shard, OptionalInt.empty());
            retry(shard);
        }
    }

    private void retry(int shard) {
        blocking.execute(() -> {
            while (!closed) {
                time.sleep(RETRY_MILLIS);
                try {
                    takeOver(shard);
                    return;
                } catch (MetadataException e) {
                    LOG.debugf("cannot take a coordinator shard over yet. shard=%d cause=%s", shard, e.getMessage());
                }
            }
        });
    }

    void close() {
        closed = true;
    }
}
