package io.varve.log;

import io.varve.cluster.PartitionRecord;
import io.varve.cluster.PartitionRecord.Member;
import io.varve.cluster.PartitionRecord.OpenSegment;
import io.varve.cluster.PartitionRecord.SealedSegment;
import io.varve.cluster.PartitionRecords.Versioned;
import io.varve.log.SegmentSearch.Found;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What this disk has of a partition that another broker owns: copies of its open segment, and sealed segments that are not in the object store
 * yet. Of those the first of their ensemble that lives uploads; once the record does not need a copy any more, its file goes. Thread-safe.
 */
final class Holding {
    private final PartitionMetadata metadata;
    private final LocalSegments locals;

    /** By base offset. */
    private final Map<Long, OpenCopy> copies = new ConcurrentHashMap<>();

    Holding(PartitionMetadata metadata, LocalSegments locals) {
        this.metadata = metadata;
        this.locals = locals;
    }

    /** Finds, from its file, a sealed segment that is not as its copy was left; null when it cannot. */
    interface Reopening {
        @Nullable
        LocalSegment reopen(PartitionRecord record, SealedSegment sealed, Map<Long, LocalSegment> locals);
    }

    /**
     * A segment that is here.
     *
     * @param limit how many of its bytes may be read (rule 6)
     */
    record Part(LocalSegment segment, int limit) {}

    /** Where to read {@code offset} from: a copy that is safe beyond it, or what {@code record} says is sealed. Null when it is not here. */
    @Nullable
    Part readable(@Nullable PartitionRecord record, long offset) {
        for (OpenCopy copy : copies.values()) {
            if (offset >= copy.id().baseOffset() && offset < copy.safeEnd()) {
                return new Part(copy.segment(), copy.watermark().position());
            }
        }
        return record == null ? null : sealedHolding(record, offset);
    }

    /** The sealed segment with that offset; null when it is not here as {@code record} says it is. */
    @Nullable
    Part sealedHolding(PartitionRecord record, long offset) {
        for (SealedSegment sealed : record.sealed()) {
            LocalSegment local = locals.get(sealed.baseOffset());
            if (offset >= sealed.baseOffset()
                    && offset < sealed.endOffset()
                    && local != null
                    && local.epoch() == sealed.epoch()
                    && local.endOffset() >= sealed.endOffset()) {
                return new Part(local, (int) sealed.sizeBytes());
            }
        }
        return null;
    }

    /** An estimate of what may be read from {@code offset} on. */
    long availableBytes(@Nullable PartitionRecord record, long offset) {
        Part here = readable(record, offset);
        if (here == null) {
            return Integer.MAX_VALUE;
        }
        Found first = SegmentSearch.batchOf(here.segment(), offset, here.limit());
        return first == null ? 0 : here.limit() - first.position();
    }

    /** Whether {@code offset} is behind what is safe of a copy that is being fed, and not behind its end: it may be read soon. */
    boolean awaits(long offset) {
        for (OpenCopy copy : copies.values()) {
            if (copy.isFed()
                    && offset >= copy.safeEnd()
                    && offset <= copy.segment().endOffset()) {
                return true;
            }
        }
        return false;
    }

    /** Whether a copy of an open segment is being fed: more may come. */
    boolean isFed() {
        for (OpenCopy copy : copies.values()) {
            if (copy.isFed()) {
                return true;
            }
        }
        return false;
    }

    /** Up to where copies are safe; 0 without one. */
    long safeEnd() {
        long end = 0;
        for (OpenCopy copy : copies.values()) {
            end = Math.max(end, copy.safeEnd());
        }
        return end;
    }

    /** The highest epoch of a copy; 0 without one. */
    int epoch() {
        int epoch = 0;
        for (OpenCopy copy : copies.values()) {
            epoch = Math.max(epoch, copy.id().epoch());
        }
        return epoch;
    }

    /** Takes note of a record; older ones are ignored. */
    void saw(Versioned seen) {
        metadata.saw(seen);
    }

    void add(OpenCopy copy) {
        copies.put(copy.id().baseOffset(), copy);
    }

    /** The copy of the segment that begins at {@code baseOffset}, whatever its epoch. */
    @Nullable
    OpenCopy copyAt(long baseOffset) {
        return copies.get(baseOffset);
    }

    /** The copy of just that segment; null when there is none, or nothing is held at all. */
    @Nullable
    static OpenCopy copyOf(@Nullable Holding holding, long baseOffset, int epoch) {
        OpenCopy copy = holding == null ? null : holding.copyAt(baseOffset);
        return copy == null || copy.id().epoch() != epoch ? null : copy;
    }

    /** The sealed segment that begins at {@code baseOffset}. */
    @Nullable
    LocalSegment sealedAt(long baseOffset) {
        return locals.get(baseOffset);
    }

    /** This broker owns the partition now: no copy of another owner takes anything any more. */
    void endCopies() {
        copies.values().forEach(OpenCopy::fence);
    }

    /** Whether there is a copy of an open segment, of whatever owner. */
    boolean hasCopies() {
        return !copies.isEmpty();
    }

    /** Removes what is here of a segment that begins at {@code baseOffset}. */
    void drop(long baseOffset) {
        OpenCopy copy = copies.remove(baseOffset);
        if (copy != null) {
            copy.fence();
            copy.segment().delete();
        }
        LocalSegment sealed = locals.get(baseOffset);
        if (sealed != null) {
            locals.drop(sealed);
        }
    }

    /** Submits what this broker has to upload; what is submitted already is left alone. */
    void upload() {
        locals.submitSealed();
    }

    /**
     * Does what the newest record that was seen says: seals copies of what is sealed, drops what nobody needs, uploads.
     *
     * @return false when nothing is left that is needed
     */
    boolean follow(Member self, Reopening reopening) {
        PartitionRecord record = metadata.record();
        if (record == null) {
            // The first segment of a partition: its owner writes the record after the copies have begun.
            return !copies.isEmpty();
        }
        Set<Long> named = new HashSet<>();
        NotYetException unmet = null;
        for (SealedSegment sealed : record.sealed()) {
            if (sealed.ensemble().contains(self)) {
                named.add(sealed.baseOffset());
                try {
                    keepSealed(record, sealed, reopening);
                } catch (NotYetException e) {
                    // Perhaps for what this broker has to upload.
                    unmet = e;
                }
            }
        }
        for (OpenCopy copy : copies.values()) {
            if (!isNeeded(record, copy, self)) {
                drop(copy.id().baseOffset());
            }
        }
        for (LocalSegment local : locals.byBaseOffset().values()) {
            if (!named.contains(local.baseOffset()) && !isOpen(record, local, self)) {
                locals.drop(local);
            }
        }
        upload();
        if (unmet != null) {
            throw unmet;
        }
        return !copies.isEmpty() || !record.heldBy(self).isEmpty();
    }

    /** Whether it is what this broker was appending to when it had to stop: until its end is decided, it may be all there is of it. */
    private static boolean isOpen(PartitionRecord record, LocalSegment local, Member self) {
        OpenSegment open = record.open();
        return open != null
                && open.baseOffset() == local.baseOffset()
                && open.epoch() == local.epoch()
                && open.ensemble().contains(self);
    }

    private void keepSealed(PartitionRecord record, SealedSegment sealed, Reopening reopening) {
        OpenCopy copy = copyOf(this, sealed.baseOffset(), sealed.epoch());
        if (copy == null && locals.get(sealed.baseOffset()) != null) {
            return;
        }
        if (copy != null && copy.sealAt(sealed.endOffset())) {
            locals.add(copy.segment());
            copies.remove(sealed.baseOffset());
            return;
        }
        if (copy != null) {
            // It has more than was sealed, batches that nobody was ever told of, and is cut: who read it must not go on
            // as
            // it was.
            copy.fence();
            copies.remove(sealed.baseOffset());
        }
        // Or it was begun in an earlier life, and sealed in this one.
        LocalSegment kept = reopening.reopen(record, sealed, locals.byBaseOffset());
        if (kept != null) {
            locals.add(kept);
        }
    }

    /** Whether a copy is named, or may still come to be: the record is written after the copy has begun. */
    private static boolean isNeeded(PartitionRecord record, OpenCopy copy, Member self) {
        OpenSegment open = record.open();
        int epoch = copy.id().epoch();
        long baseOffset = copy.id().baseOffset();
        if (open != null && open.baseOffset() == baseOffset && open.epoch() == epoch) {
            return open.ensemble().contains(self);
        }
        return record.epoch() < epoch || (record.epoch() == epoch && record.endOffset() <= baseOffset);
    }

    /** The record as it was last seen here; null when there is none. */
    @Nullable
    PartitionRecord record() {
        return metadata.record();
    }

    /** The topic is gone, or nothing of this is needed: removes the files. */
    void discard() {
        metadata.close();
        copies.values().forEach(OpenCopy::fence);
        copies.clear();
        locals.deleteAll();
    }
}
