package io.varve.group;

import java.util.Collection;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.NotCoordinatorException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.coordinator.common.runtime.PartitionWriter;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.VerificationGuard;

/**
 * What the coordinator runtime takes for the log of {@code __consumer_offsets}: each partition is a shard in the metadata store, written by
 * the {@link ShardWriter} of its current claim. Thread-safe.
 */
final class StorePartitionWriter implements PartitionWriter {
    private final Map<Integer, ShardWriter> writers = new ConcurrentHashMap<>();
    private final LogConfig config = new LogConfig(Map.of());

    /** Puts the writer of a new claim in place; the one before must have ended. */
    void install(ShardWriter writer) {
        writers.put(writer.shard(), writer);
    }

    /**
     * The writer of the shard's newest claim.
     *
     * @throws NotCoordinatorException when there never was one
     */
    ShardWriter writer(int shard) {
        ShardWriter writer = writers.get(shard);
        if (writer == null) {
            throw new NotCoordinatorException("this broker does not own coordinator shard " + shard);
        }
        return writer;
    }

    Collection<ShardWriter> all() {
        return writers.values();
    }

    @Override
    public void registerListener(TopicPartition partition, Listener listener) {
        writer(partition.partition()).register(listener);
    }

    @Override
    public void deregisterListener(TopicPartition partition, Listener listener) {
        writer(partition.partition()).deregister(listener);
    }

    @Override
    public LogConfig config(TopicPartition partition) {
        return config;
    }

    @Override
    public long append(
            TopicPartition partition, VerificationGuard guard, MemoryRecords batch, short transactionVersion) {
        return writer(partition.partition()).append(batch);
    }

    @Override
    public CompletableFuture<VerificationGuard> maybeStartTransactionVerification(
            TopicPartition partition, String transactionalId, long producerId, short producerEpoch, int apiVersion) {
        return CompletableFuture.completedFuture(VerificationGuard.SENTINEL);
    }

    /** Nothing to do: the store keeps one value a key. */
    @Override
    public CompletableFuture<Void> deleteRecords(TopicPartition partition, long beforeOffset) {
        return CompletableFuture.completedFuture(null);
    }
}
