package io.varve.group;

import io.varve.metadata.Entry;
import io.varve.metadata.MetadataStore;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.coordinator.common.runtime.CoordinatorLoader;
import org.apache.kafka.coordinator.common.runtime.CoordinatorPlayback;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.jboss.logging.Logger;

/**
 * Replays a shard's records in the order they were last written, which is what a compacted log would hold, and opens its writer. A load that
 * fails ends the writer, so that the shard is claimed and loaded again. Thread-safe.
 */
final class StoreCoordinatorLoader implements CoordinatorLoader<CoordinatorRecord> {
    private static final Logger LOG = Logger.getLogger(StoreCoordinatorLoader.class);
    private static final long ATTACH_CHECK_MILLIS = 1;

    private final MetadataStore store;
    private final StorePartitionWriter writers;
    private final Executor blocking;
    private final Time time;
    private final GroupMetrics metrics;

    StoreCoordinatorLoader(
            MetadataStore store, StorePartitionWriter writers, Executor blocking, Time time, GroupMetrics metrics) {
        this.store = store;
        this.writers = writers;
        this.blocking = blocking;
        this.time = time;
        this.metrics = metrics;
    }

    @Override
    public CompletableFuture<LoadSummary> load(
            TopicPartition partition, CoordinatorPlayback<CoordinatorRecord> coordinator) {
        ShardWriter writer = writers.writer(partition.partition());
        CompletableFuture<LoadSummary> loaded = new CompletableFuture<>();
        blocking.execute(() -> load(writer, coordinator, loaded));
        return loaded;
    }

    private void load(
            ShardWriter writer,
            CoordinatorPlayback<CoordinatorRecord> coordinator,
            CompletableFuture<LoadSummary> loaded) {
        try {
            LoadSummary summary = replay(writer, coordinator);
            metrics.loaded(summary.endTimeMs() - summary.startTimeMs());
            awaitAttached(loaded);
            loaded.complete(summary);
        } catch (RuntimeException e) {
            LOG.warnf("cannot load a coordinator shard. shard=%d cause=%s", writer.shard(), e.getMessage());
            awaitAttached(loaded);
            loaded.completeExceptionally(e);
            // Last: the runtime takes the end of any load for that of the newest, so this one must be over before the
            // next begins.
            writer.failLoad();
        }
    }

    /** Waits until the runtime listens, so that it has taken note of the end of this load when completing returns. */
    private void awaitAttached(CompletableFuture<LoadSummary> loaded) {
        while (loaded.getNumberOfDependents() == 0) {
            time.sleep(ATTACH_CHECK_MILLIS);
        }
    }

    private LoadSummary replay(ShardWriter writer, CoordinatorPlayback<CoordinatorRecord> coordinator) {
        long started = time.milliseconds();
        List<Entry> entries = store.range(RecordKeys.prefix(writer.shard())).entries();
        List<RecordCodec.Positioned> records = new ArrayList<>(entries.size());
        long bytes = 0;
        for (Entry entry : entries) {
            Optional<RecordCodec.Positioned> record = RecordCodec.decode(entry);
            if (record.isEmpty()) {
                LOG.warnf(
                        "a newer version has written a group record of an unknown kind: skipped. key=%s", entry.key());
            }
            record.ifPresent(records::add);
            bytes += entry.value().length;
        }
        records.sort(Comparator.comparingLong(RecordCodec.Positioned::position));
        for (RecordCodec.Positioned record : records) {
            coordinator.replay(
                    record.position(), RecordBatch.NO_PRODUCER_ID, RecordBatch.NO_PRODUCER_EPOCH, record.record());
        }
        long end = records.isEmpty() ? 0 : records.getLast().position() + 1;
        if (end > 0) {
            coordinator.updateLastWrittenOffset(end);
            coordinator.updateLastCommittedOffset(end);
        }
        writer.open(end);
        return new LoadSummary(started, time.milliseconds(), 0, records.size(), bytes);
    }

    @Override
    public void close() {}
}
