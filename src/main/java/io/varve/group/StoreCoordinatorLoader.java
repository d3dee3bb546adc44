package io.varve.group;

import io.varve.metadata.Entry;
import io.varve.metadata.MetadataStore;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.IntConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.coordinator.common.runtime.CoordinatorLoader;
import org.apache.kafka.coordinator.common.runtime.CoordinatorPlayback;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.jboss.logging.Logger;

/** Replays a shard's records in the order they were written, when this broker becomes its owner. */
final class StoreCoordinatorLoader implements CoordinatorLoader<CoordinatorRecord> {
    private static final Logger LOG = Logger.getLogger(StoreCoordinatorLoader.class);

    private final MetadataStore store;
    private final StorePartitionWriter writers;
    private final Executor blocking;
    private final Time time;
    private final IntConsumer onFailure;

    /** @param onFailure hears of a shard that could not be loaded */
    StoreCoordinatorLoader(
            MetadataStore store, StorePartitionWriter writers, Executor blocking, Time time, IntConsumer onFailure) {
        this.store = store;
        this.writers = writers;
        this.blocking = blocking;
        this.time = time;
        this.onFailure = onFailure;
    }

    @Override
    public CompletableFuture<LoadSummary> load(
            TopicPartition partition, CoordinatorPlayback<CoordinatorRecord> coordinator) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return replay(partition.partition(), coordinator);
                    } catch (RuntimeException e) {
                        LOG.warnf(
                                "cannot load a coordinator shard, will try again. shard=%d cause=%s",
                                partition.partition(), e.getMessage());
                        onFailure.accept(partition.partition());
                        throw e;
                    }
                },
                blocking);
    }

    private LoadSummary replay(int shard, CoordinatorPlayback<CoordinatorRecord> coordinator) {
        long started = time.milliseconds();
        List<Entry> entries = store.range(RecordCodec.prefix(shard)).entries();
        List<RecordCodec.Positioned> records = new ArrayList<>(entries.size());
        long bytes = 0;
        for (Entry entry : entries) {
            records.add(RecordCodec.decode(entry));
            bytes += entry.value().length;
        }
        records.sort(Comparator.comparingLong(RecordCodec.Positioned::position));
        for (RecordCodec.Positioned record : records) {
            coordinator.replay(
                    record.position(), RecordBatch.NO_PRODUCER_ID, RecordBatch.NO_PRODUCER_EPOCH, record.record());
        }
        long end = records.isEmpty() ? 0 : records.getLast().position() + 1;
        writers.writer(shard).startAt(end);
        if (end > 0) {
            coordinator.updateLastWrittenOffset(end);
            coordinator.updateLastCommittedOffset(end);
        }
        return new LoadSummary(started, time.milliseconds(), 0, records.size(), bytes);
    }

    @Override
    public void close() {}
}
