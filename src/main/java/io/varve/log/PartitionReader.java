package io.varve.log;

import io.varve.cluster.PartitionRecord;
import io.varve.cluster.PartitionRecord.EpochStart;
import io.varve.cluster.PartitionRecord.ManifestPage;
import io.varve.cluster.PartitionRecord.Member;
import io.varve.cluster.PartitionRecord.OffloadedSegment;
import io.varve.cluster.PartitionRecord.OpenSegment;
import io.varve.log.SegmentSearch.Found;
import io.varve.log.SegmentSearch.TimestampedOffset;
import io.varve.tier.RemoteSegments;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.jspecify.annotations.Nullable;

/** Reads a partition: records from an offset, and offsets by time or epoch. Sees only what is safe (rule 6). Thread-safe. */
public final class PartitionReader implements FetchSource {
    private final Partition partition;
    private final PartitionMetadata metadata;
    private final RemoteSegments remote;
    private final SegmentReads reads;

    PartitionReader(Partition partition, PartitionMetadata metadata, RemoteSegments remote, LogMetrics metrics) {
        this.partition = partition;
        this.metadata = metadata;
        this.remote = remote;
        this.reads = new SegmentReads(remote, metrics);
    }

    /** An answer to ListOffsets; -1 where there is none. */
    public record OffsetAndTime(long offset, long timestamp, int leaderEpoch) {
        private static final OffsetAndTime NONE = new OffsetAndTime(-1, -1, -1);
    }

    @Override
    public ReadResult read(long offset, int maxBytes, boolean wholeFirst) {
        partition.requireAvailable();
        Watermark watermark = partition.watermark();
        if (offset < partition.logStartOffset() || offset > Math.max(watermark.offset(), partition.logEndOffset())) {
            throw new OffsetOutOfRangeException("offset " + offset + " of " + partition + " is outside of "
                    + partition.logStartOffset() + " to " + watermark.offset());
        }
        if (offset >= watermark.offset() || (maxBytes <= 0 && !wholeFirst)) {
            return new ReadResult.Nothing();
        }
        LocalSegment local = localHolding(offset);
        if (local != null) {
            try {
                return reads.local(local, offset, maxBytes, wholeFirst, limit(local, watermark));
            } catch (LogException e) {
                if (!local.isDeleted()) {
                    throw e;
                }
                // The local copy was dropped just now: the object store has it, or the log start has moved.
            }
        }
        return new ReadResult.Cold(
                () -> readRemote(offset, maxBytes, wholeFirst), Math.max(maxBytes, Batch.HEADER_BYTES));
    }

    private @Nullable LocalSegment localHolding(long offset) {
        LocalSegment floor = partition.locals().floor(offset);
        return floor != null && offset < floor.endOffset() ? floor : null;
    }

    /** How many bytes of the segment are safe; none of one that begins at the high watermark (rule 6). */
    private static int limit(LocalSegment segment, Watermark watermark) {
        if (segment.baseOffset() >= watermark.offset()) {
            return 0;
        }
        return segment.baseOffset() == watermark.segmentBase() ? watermark.position() : segment.size();
    }

    private ByteBuffer readRemote(long offset, int maxBytes, boolean wholeFirst) {
        OffloadedSegment reference = reads.offloaded(metadata.record(), offset);
        if (reference == null) {
            long next = behindGivenUp(offset);
            if (next >= 0 && next < partition.highWatermark()) {
                return fetched(read(next, maxBytes, wholeFirst));
            }
            throw new KafkaStorageException("offset " + offset + " of " + partition
                    + " is in a segment that is neither on this disk nor in the object store");
        }
        return reads.remote(reference, offset, maxBytes, wholeFirst);
    }

    /**
     * Where the log goes on behind a segment that was given up ({@code unclean.leader.election.enable}): readers must not stand before it
     * for ever. -1 when the record names a segment with this offset, whatever keeps it from being read, or none behind it.
     */
    private long behindGivenUp(long offset) {
        PartitionRecord record = metadata.record();
        if (record == null || offset < record.logStartOffset()) {
            return -1;
        }
        NavigableMap<Long, Long> named = new TreeMap<>();
        record.pages().forEach(page -> named.put(page.baseOffset(), page.endOffset()));
        record.offloaded().forEach(segment -> named.put(segment.baseOffset(), segment.endOffset()));
        record.sealed().forEach(segment -> named.put(segment.baseOffset(), segment.endOffset()));
        if (record.open() != null) {
            named.put(record.open().baseOffset(), Long.MAX_VALUE);
        }
        Map.Entry<Long, Long> before = named.floorEntry(offset);
        Long next = named.higherKey(offset);
        return next == null || (before != null && offset < before.getValue()) ? -1 : next;
    }

    /** What a read found, in memory. */
    private static ByteBuffer fetched(ReadResult found) {
        return switch (found) {
            case ReadResult.Nothing nothing -> ByteBuffer.allocate(0);
            case ReadResult.Cold(ReadResult.ColdRead cold, int estimate) -> cold.fetch();
            case ReadResult.Hot(FileSlice slice) -> {
                ByteBuffer bytes = ByteBuffer.allocate(slice.length());
                try {
                    Channels.readFully(slice.channel(), slice.position(), bytes);
                } catch (IOException e) {
                    throw new LogException("cannot read a segment file", e);
                } finally {
                    slice.release().run();
                }
                yield bytes.flip();
            }
        };
    }

    @Override
    public long availableBytes(long offset) {
        Watermark watermark = partition.watermark();
        if (offset >= watermark.offset()) {
            return 0;
        }
        LocalSegment local = localHolding(offset);
        if (local == null || local.baseOffset() != watermark.segmentBase()) {
            // At least a segment's rest lies between them: more than anybody waits for.
            return Integer.MAX_VALUE;
        }
        Found first = SegmentSearch.batchOf(local, offset, watermark.position());
        return first == null ? 0 : watermark.position() - first.position();
    }

    @Override
    public boolean isServed() {
        return partition.isAvailable();
    }

    @Override
    public long highWatermark() {
        return partition.highWatermark();
    }

    @Override
    public long logStartOffset() {
        return partition.logStartOffset();
    }

    @Override
    public int leaderEpoch() {
        return partition.leaderEpoch();
    }

    @Override
    public void addAdvanceListener(Runnable listener) {
        partition.addAdvanceListener(listener);
    }

    @Override
    public void removeAdvanceListener(Runnable listener) {
        partition.removeAdvanceListener(listener);
    }

    /**
     * The other members that consumers may be sent to for {@code offset} (KIP-392): those of the open segment as the record names it, who all
     * have everything before the high watermark. Empty when the offset is not in that segment, or one of its members is lost and will be
     * left out.
     */
    public List<Member> followersAt(long offset) {
        PartitionRecord record = metadata.record();
        OpenSegment open = record == null ? null : record.open();
        if (open == null
                || offset < open.baseOffset()
                || offset > highWatermark()
                || partition.inSync() != open.ensemble().size()) {
            return List.of();
        }
        return open.ensemble().subList(1, open.ensemble().size());
    }

    /** The first offset whose record has at least this timestamp. May block on the object store. */
    public OffsetAndTime offsetForTimestamp(long timestamp) {
        while (true) {
            partition.requireAvailable();
            List<SearchableSegment> candidates = searchable(partition.watermark());
            try {
                return search(candidates, timestamp);
            } catch (LogException e) {
                // A local copy that was dropped meanwhile is somewhere else now.
                if (candidates.stream().noneMatch(c -> c.source() instanceof LocalSegment local && local.isDeleted())) {
                    throw e;
                }
            }
        }
    }

    private OffsetAndTime search(List<SearchableSegment> candidates, long timestamp) {
        long logStartOffset = partition.logStartOffset();
        for (SearchableSegment candidate : candidates) {
            if (candidate.maxTimestamp() >= timestamp) {
                TimestampedOffset found =
                        SegmentSearch.recordSince(candidate.source(), timestamp, logStartOffset, candidate.limit());
                if (found != null) {
                    return new OffsetAndTime(found.offset(), found.timestamp(), found.leaderEpoch());
                }
            }
        }
        return OffsetAndTime.NONE;
    }

    /** The first offset with the largest timestamp of the partition. May block on the object store. */
    public OffsetAndTime offsetOfMaxTimestamp() {
        partition.requireAvailable();
        long max = -1;
        for (SearchableSegment candidate : searchable(partition.watermark())) {
            max = Math.max(max, candidate.maxTimestamp());
        }
        return max < 0 ? OffsetAndTime.NONE : offsetForTimestamp(max);
    }

    private record SearchableSegment(SegmentSource source, long maxTimestamp, int limit) {}

    /** All segments, oldest first, local ones where there is a choice. */
    private List<SearchableSegment> searchable(Watermark watermark) {
        List<SearchableSegment> segments = new ArrayList<>();
        // Before the record: what is dropped after this is still seen, and what was dropped before is in the record.
        NavigableMap<Long, LocalSegment> locals =
                new TreeMap<>(partition.locals().byBaseOffset());
        PartitionRecord record = metadata.record();
        if (record != null) {
            for (ManifestPage page : record.pages()) {
                addRemote(segments, remote.page(page), locals);
            }
            addRemote(segments, record.offloaded(), locals);
        }
        for (LocalSegment local : locals.values()) {
            int limit = limit(local, watermark);
            if (limit > 0) {
                segments.add(new SearchableSegment(local, local.maxTimestampBefore(limit), limit));
            }
        }
        segments.sort(Comparator.comparingLong(segment -> segment.source().baseOffset()));
        return segments;
    }

    private void addRemote(
            List<SearchableSegment> segments,
            List<OffloadedSegment> references,
            NavigableMap<Long, LocalSegment> locals) {
        for (OffloadedSegment reference : references) {
            if (!locals.containsKey(reference.baseOffset())) {
                RemoteSegment source = new RemoteSegment(reference, remote);
                segments.add(new SearchableSegment(source, reference.maxTimestamp(), source.size()));
            }
        }
    }

    /** The first offset that can be read from the local disk. */
    public long earliestLocalOffset() {
        Map.Entry<Long, LocalSegment> first = partition.locals().byBaseOffset().firstEntry();
        return Math.max(partition.logStartOffset(), first == null ? partition.highWatermark() : first.getKey());
    }

    /** The last offset that is in the object store with everything before it, or -1. */
    public long latestTieredOffset() {
        PartitionRecord record = metadata.record();
        if (record == null) {
            return -1;
        }
        long end = record.logStartOffset();
        for (ManifestPage page : record.pages()) {
            end = Math.max(end, page.endOffset());
        }
        for (OffloadedSegment segment : record.offloaded()) {
            if (segment.baseOffset() > end) {
                break;
            }
            end = Math.max(end, segment.endOffset());
        }
        return end == record.logStartOffset() ? -1 : end - 1;
    }

    /**
     * Where {@code requestedEpoch} ended (KIP-101): the largest epoch not above it, and the first offset of the one after that.
     *
     * @return epoch and end offset, or empty when no such epoch is known
     */
    public Optional<EpochStart> endOfEpoch(int requestedEpoch) {
        partition.requireAvailable();
        PartitionRecord record = metadata.record();
        List<EpochStart> epochs = record == null ? List.of() : record.epochs();
        int current = partition.leaderEpoch();
        if (requestedEpoch == current) {
            return Optional.of(new EpochStart(current, partition.logEndOffset()));
        }
        EpochStart found = null;
        long end = partition.logEndOffset();
        for (EpochStart start : epochs) {
            if (start.epoch() > requestedEpoch) {
                end = start.startOffset();
                break;
            }
            found = start;
        }
        return requestedEpoch > current || found == null
                ? Optional.empty()
                : Optional.of(new EpochStart(found.epoch(), end));
    }

    /** The epoch in which {@code offset} was written, or -1. */
    public int epochOf(long offset) {
        PartitionRecord record = metadata.record();
        int epoch = -1;
        if (record != null) {
            for (EpochStart start : record.epochs()) {
                if (start.startOffset() <= offset) {
                    epoch = start.epoch();
                }
            }
        }
        return epoch;
    }

    /** Bytes in the object store. */
    public long offloadedBytes() {
        PartitionRecord record = metadata.record();
        return record == null ? 0 : record.offloadedBytes();
    }

    @Override
    public String toString() {
        return partition.toString();
    }
}
