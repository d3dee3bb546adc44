package io.varve.log;

import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord;
import io.varve.cluster.PartitionRecord.Member;
import io.varve.cluster.PartitionRecord.OffloadedSegment;
import io.varve.cluster.PartitionRecord.SealedSegment;
import io.varve.cluster.PartitionTransitions;
import io.varve.cluster.Topic;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.jspecify.annotations.Nullable;

/**
 * The segments of a partition that have a file on this disk, the open one included, and the way of the sealed ones to the object
 * store. Thread-safe.
 */
final class LocalSegments {
    private static final long REFERENCE_PATIENCE_MILLIS = 5_000;

    private final PartitionId id;
    private final Supplier<Topic> topic;
    private final PartitionMetadata metadata;
    private final LogContext context;

    /** By base offset. */
    private final ConcurrentSkipListMap<Long, LocalSegment> segments = new ConcurrentSkipListMap<>();

    LocalSegments(
            PartitionId id,
            Supplier<Topic> topic,
            PartitionMetadata metadata,
            List<LocalSegment> recovered,
            LogContext context) {
        this.id = id;
        this.topic = topic;
        this.metadata = metadata;
        this.context = context;
        recovered.forEach(this::add);
    }

    void add(LocalSegment segment) {
        segments.put(segment.baseOffset(), segment);
    }

    /** The segment that starts at {@code baseOffset}, if its file is here. */
    @Nullable
    LocalSegment get(long baseOffset) {
        return segments.get(baseOffset);
    }

    /** The last segment that starts at or before {@code offset}; it may end before it. */
    @Nullable
    LocalSegment floor(long offset) {
        Map.Entry<Long, LocalSegment> floor = segments.floorEntry(offset);
        return floor == null ? null : floor.getValue();
    }

    /** A live view, by base offset. */
    NavigableMap<Long, LocalSegment> byBaseOffset() {
        return segments;
    }

    /** Bytes of all of them. */
    long bytes() {
        long bytes = 0;
        for (LocalSegment segment : segments.values()) {
            bytes += segment.size();
        }
        return bytes;
    }

    /** Submits a sealed segment for upload; its partition record is told of the outcome (rule 7). */
    void offload(LocalSegment local, SealedSegment sealed) {
        context.offload()
                .accept(new SealedUpload(
                        topic.get(), local, sealed, context.time().milliseconds(), this::reference));
    }

    /**
     * Submits every segment that is on brokers' disks only and that this one has to upload: the first of the ensemble that lives does. Those that
     * are submitted already are left alone.
     */
    void submitSealed() {
        PartitionRecord record = metadata.record();
        if (record == null) {
            return;
        }
        for (SealedSegment segment : record.sealed()) {
            LocalSegment local = segments.get(segment.baseOffset());
            if (local != null && isUploader(segment)) {
                offload(local, segment);
            }
        }
    }

    private boolean isUploader(SealedSegment segment) {
        return segment.ensemble().stream()
                .filter(context.owners()::isLive)
                .findFirst()
                .filter(context.self()::equals)
                .isPresent();
    }

    /** Gives up soon when the metadata store is away: other segments wait for the same thread. */
    private boolean reference(OffloadedSegment uploaded, Runnable inTime) {
        try {
            PartitionRecord after = metadata.change(
                    record -> {
                        inTime.run();
                        PartitionRecord next =
                                record == null ? null : PartitionTransitions.offload(record, record.epoch(), uploaded);
                        return next == null ? record : next;
                    },
                    REFERENCE_PATIENCE_MILLIS);
            return after != null && after.offloaded().contains(uploaded);
        } catch (NotLeaderOrFollowerException closed) {
            return false;
        }
    }

    /** Removes the local file of a segment that is offloaded or not wanted any more; readers under way finish. */
    void drop(LocalSegment segment) {
        segments.remove(segment.baseOffset());
        segment.delete();
    }

    /**
     * Drops what lies wholly before the log start offset. What is open stays: nothing but a seal ends it. So does what the record
     * names as sealed, which a roll after the log start had moved may have done: a segment that is named must be somewhere.
     */
    void dropBefore(long logStartOffset) {
        PartitionRecord record = metadata.record();
        if (record == null) {
            return;
        }
        Set<Long> named = new HashSet<>();
        record.sealed().forEach(segment -> named.add(segment.baseOffset()));
        long end = Math.min(logStartOffset, record.endOffset());
        boolean dropped = false;
        for (LocalSegment segment : segments.headMap(logStartOffset).values()) {
            if (segment.endOffset() <= end && !named.contains(segment.baseOffset())) {
                drop(segment);
                dropped = true;
            }
        }
        if (dropped) {
            // Those that were waiting for their upload have no file any more.
            context.withdraw().accept(id);
            submitSealed();
        }
    }

    /** Another broker owns the partition: drops what {@code record} does not name as on this disk. */
    void keepOnly(@Nullable PartitionRecord record, Member self) {
        Set<Long> named = new HashSet<>();
        if (record != null) {
            record.offloaded().forEach(segment -> named.add(segment.baseOffset()));
            named.addAll(record.heldBy(self));
        }
        for (LocalSegment segment : List.copyOf(segments.values())) {
            if (!named.contains(segment.baseOffset())) {
                drop(segment);
            }
        }
    }

    /** Removes all files, for a topic that was deleted. */
    void deleteAll() {
        context.withdraw().accept(id);
        for (LocalSegment segment : segments.values()) {
            segment.delete();
        }
        segments.clear();
        context.files().delete(id);
    }
}
