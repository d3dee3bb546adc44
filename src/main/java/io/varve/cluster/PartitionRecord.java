package io.varve.cluster;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Everything the cluster knows of one partition: who owns it, its segments, and where they are. Changes only by
 * compare-and-swap (rule 1), so two brokers can never hold different truths for long.
 *
 * <p>Offsets are contiguous: the segments of {@code pages}, {@code offloaded}, {@code sealed} and {@code open}, taken together and
 * ordered by base offset, follow one another without a gap. Pages come before all others and the open segment after; sealed and
 * offloaded ones may alternate, since uploads finish in any order. A partition that was never written to has no record.
 *
 * @param version of this format; a reader refuses a higher one
 * @param epoch of the owner: Kafka's leader epoch; raised by every take-over (rule 2)
 * @param owner broker id of the owner, or {@link #NO_OWNER}
 * @param logStartOffset the first offset that may be read
 * @param open the segment that appends go to, or null when the last one was sealed and nothing was appended since
 * @param sealed segments whose end is fixed and whose bytes are only on brokers' disks, oldest first
 * @param offloaded segments whose bytes are in the object store, oldest first; bounded, older ones are in {@code pages}
 * @param pages references to manifest pages, oldest first
 * @param epochs where each epoch began, oldest first: answers OffsetForLeaderEpoch
 * @param endOffset the offset after the last sealed record: where the next open segment begins
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record PartitionRecord(
        int version,
        int epoch,
        int owner,
        @JsonInclude long logStartOffset,
        @Nullable OpenSegment open,
        List<SealedSegment> sealed,
        List<OffloadedSegment> offloaded,
        List<ManifestPage> pages,
        List<EpochStart> epochs,
        @JsonInclude long endOffset) {

    public static final int VERSION = 1;
    public static final int NO_OWNER = -1;

    public PartitionRecord {
        sealed = sealed == null ? List.of() : List.copyOf(sealed);
        offloaded = offloaded == null ? List.of() : List.copyOf(offloaded);
        pages = pages == null ? List.of() : List.copyOf(pages);
        epochs = epochs == null ? List.of() : List.copyOf(epochs);
    }

    /** The segment that takes appends: one copy on each member's disk (rule 3), the owner first. */
    public record OpenSegment(long baseOffset, int epoch, List<Member> ensemble) {
        public OpenSegment {
            ensemble = List.copyOf(ensemble);
        }
    }

    /**
     * A broker's disk. A broker that comes back with another disk is, for its segments, another broker.
     *
     * @param broker broker id
     * @param disk the disk's own id, made when it was first used
     */
    public record Member(int broker, String disk) {}

    /**
     * A sealed segment that is not in the object store yet.
     *
     * @param endOffset exclusive
     * @param epoch of the owner that wrote it
     * @param sizeBytes length of the segment file
     * @param maxTimestamp largest record timestamp in milliseconds, or -1
     * @param ensemble where its copies are
     */
    public record SealedSegment(
            long baseOffset, long endOffset, int epoch, long sizeBytes, long maxTimestamp, List<Member> ensemble) {
        public SealedSegment {
            ensemble = List.copyOf(ensemble);
        }

        /** The same, with copies on the others only. */
        SealedSegment without(Member holder) {
            List<Member> others =
                    ensemble.stream().filter(member -> !member.equals(holder)).toList();
            return new SealedSegment(baseOffset, endOffset, epoch, sizeBytes, maxTimestamp, others);
        }
    }

    /**
     * A sealed segment in the object store: enough to read it without its object's footer.
     *
     * @param endOffset exclusive
     * @param epoch of the owner that wrote it
     * @param maxTimestamp largest record timestamp in milliseconds, or -1
     * @param object key of the data object, relative to the store's prefix
     * @param position of the segment's first byte in the object
     * @param sizeBytes length of the segment
     * @param indexPosition of its index block in the object
     * @param indexBytes length of its index block
     * @param crc CRC-32C of the segment's bytes, as an unsigned 32-bit number
     */
    public record OffloadedSegment(
            long baseOffset,
            long endOffset,
            int epoch,
            long maxTimestamp,
            String object,
            long position,
            long sizeBytes,
            long indexPosition,
            int indexBytes,
            long crc) {}

    /**
     * A manifest page: an immutable object that lists offloaded segments.
     *
     * @param object key of the page, relative to the store's prefix
     * @param baseOffset of its first segment
     * @param endOffset of its last segment, exclusive
     * @param segments how many it lists
     * @param sizeBytes the sum of their sizes
     * @param maxTimestamp the largest of theirs, in milliseconds, or -1
     */
    public record ManifestPage(
            String object, long baseOffset, long endOffset, int segments, long sizeBytes, long maxTimestamp) {}

    /** The first offset of a leader epoch. */
    public record EpochStart(int epoch, long startOffset) {}

    /**
     * Whose disks have the end of the partition: nobody can go on without reaching one of them (rule 4). Empty when all of it is in the
     * object store.
     */
    public List<Member> holdersOfTheEnd() {
        if (open != null) {
            return open.ensemble();
        }
        for (SealedSegment segment : sealed) {
            if (segment.endOffset() == endOffset) {
                return segment.ensemble();
            }
        }
        return List.of();
    }

    /** The base offsets of the segments of which {@code holder} has a copy and the object store has none: sealed ones, and the open one. */
    public Set<Long> heldBy(Member holder) {
        Set<Long> held = new HashSet<>();
        for (SealedSegment segment : sealed) {
            if (segment.ensemble().contains(holder)) {
                held.add(segment.baseOffset());
            }
        }
        if (open != null && open.ensemble().contains(holder)) {
            held.add(open.baseOffset());
        }
        return held;
    }

    /** Whether a sealed segment that is not in the object store yet is on {@code holder}. */
    public boolean isSealedOn(Member holder) {
        return sealed.stream().anyMatch(segment -> segment.ensemble().contains(holder));
    }

    /** Bytes of all segments that are in the object store. */
    public long offloadedBytes() {
        long bytes = 0;
        for (ManifestPage page : pages) {
            bytes += page.sizeBytes();
        }
        for (OffloadedSegment segment : offloaded) {
            bytes += segment.sizeBytes();
        }
        return bytes;
    }
}
