package io.varve.log;

import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord;
import io.varve.cluster.PartitionRecord.Member;
import io.varve.cluster.PartitionRecord.OffloadedSegment;
import io.varve.cluster.PartitionRecord.OpenSegment;
import io.varve.cluster.PartitionRecord.SealedSegment;
import io.varve.cluster.PartitionRecords;
import io.varve.cluster.PartitionTransitions;
import io.varve.tier.RemoteSegments;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Finds out, at start, what this disk has of a partition: recovers and seals the segment that was open (rule 5), checks the sealed
 * ones, removes files that nothing refers to. The journal must have been replayed before.
 */
final class PartitionRecovery {
    private static final Logger LOG = Logger.getLogger(PartitionRecovery.class);

    private final Member self;
    private final SegmentFiles files;
    private final OpenFiles openFiles;
    private final PartitionRecords records;
    private final RemoteSegments remote;
    private final Map<Path, Long> journaled;

    /** @param journaled up to which offset the journal had each segment file */
    PartitionRecovery(
            Member self,
            SegmentFiles files,
            OpenFiles openFiles,
            PartitionRecords records,
            RemoteSegments remote,
            Map<Path, Long> journaled) {
        this.journaled = journaled;
        this.self = self;
        this.files = files;
        this.openFiles = openFiles;
        this.records = records;
        this.remote = remote;
    }

    /**
     * What was found.
     *
     * @param record as it stands now, without an open segment unless that is lost
     * @param producers as of the partition's end
     * @param locals segments with a good local file
     * @param lost what is on no disk that is here, in words; null when nothing is missing
     */
    record Recovered(
            @Nullable PartitionRecord record,
            ProducerStates producers,
            List<LocalSegment> locals,
            @Nullable String lost) {}

    /**
     * Recovers a partition. Blocks on the metadata store and, where producer states are only there, on the object store.
     *
     * @param allowLoss whether what is lost may be given up ({@code unclean.leader.election.enable})
     */
    Recovered recover(PartitionId id, @Nullable PartitionRecord known, int indexInterval, boolean allowLoss) {
        if (known == null) {
            files.delete(id);
            return new Recovered(null, new ProducerStates(), List.of(), null);
        }
        PartitionRecord record = known;
        SegmentRecovery segments = new SegmentRecovery(openFiles, indexInterval);
        Map<Long, LocalSegment> locals = new HashMap<>();
        openOffloaded(id, record, segments, locals);
        List<SealedSegment> lost = openSealed(id, record, segments, locals);
        record = withoutUnreadable(id, record, lost);
        OpenSegment open = record.open();
        boolean openLost = open != null && !isHere(id, open);
        String damage = open == null || openLost ? null : damage(id, record, open, segments, locals);
        if (openLost || damage != null || !lost.isEmpty()) {
            String words = describeLoss(record, lost, openLost, damage);
            if (!allowLoss) {
                return new Recovered(record, new ProducerStates(), List.copyOf(locals.values()), words);
            }
            LOG.errorf(
                    "giving up lost segments: unclean.leader.election.enable is true. partition=%s lost=%s", id, words);
            record = update(id, current -> PartitionTransitions.giveUpLost(current, current.epoch(), lost, openLost));
            open = openLost ? null : open;
        }
        if (open != null) {
            record = sealOpen(id, record, open, segments, locals);
        }
        deleteUnreferenced(id, locals.keySet());
        return new Recovered(record, producersAtEnd(id, record, locals), List.copyOf(locals.values()), null);
    }

    /** Whether this disk has the open segment. Its file was there, by name, before the record named it. */
    private boolean isHere(PartitionId id, OpenSegment open) {
        return open.ensemble().contains(self) && Files.exists(files.log(id, open.baseOffset()));
    }

    /**
     * Says in words if the open segment ends before what the journal or its own checkpoint has of it: some of its batches were
     * acknowledged and cannot be read any more. Changes nothing, so that the file can still be looked at.
     */
    private @Nullable String damage(
            PartitionId id,
            PartitionRecord record,
            OpenSegment open,
            SegmentRecovery segments,
            Map<Long, LocalSegment> locals) {
        Path path = files.log(id, open.baseOffset());
        long known = Math.max(
                journaled.getOrDefault(path, open.baseOffset()),
                segments.syncedEnd(open.baseOffset(), open.epoch(), path));
        if (known == open.baseOffset()) {
            return null;
        }
        byte[] before = producersBefore(id, record, open.baseOffset(), locals);
        long end = segments.readableEnd(id, open.baseOffset(), open.epoch(), path, before);
        return end >= known
                ? null
                : "open segment " + path + " is damaged at offset " + end + ", acknowledged up to at least " + known
                        + "; ";
    }

    /** Local copies of offloaded segments are a cache: a good one is kept, a bad one is none. */
    private void openOffloaded(
            PartitionId id, PartitionRecord record, SegmentRecovery segments, Map<Long, LocalSegment> locals) {
        for (OffloadedSegment segment : record.offloaded()) {
            LocalSegment local = open(id, segment.baseOffset(), segment.sizeBytes(), segment.endOffset(), segments);
            if (local != null) {
                locals.put(segment.baseOffset(), local);
            }
        }
    }

    /** Opens the sealed segments that are only on this disk; returns those that are not. */
    private List<SealedSegment> openSealed(
            PartitionId id, PartitionRecord record, SegmentRecovery segments, Map<Long, LocalSegment> locals) {
        List<SealedSegment> lost = new ArrayList<>();
        for (SealedSegment segment : record.sealed()) {
            LocalSegment local = open(id, segment.baseOffset(), segment.sizeBytes(), segment.endOffset(), segments);
            if (local == null && segment.ensemble().contains(self)) {
                local = rebuild(id, record, segment, segments, locals);
            }
            if (local != null) {
                locals.put(segment.baseOffset(), local);
            } else if (isOnlyHere(segment.ensemble())) {
                lost.add(segment);
            }
        }
        return lost;
    }

    /** Whether this broker alone could have it, on this disk or on one that it had before. */
    private boolean isOnlyHere(List<Member> ensemble) {
        return ensemble.stream().allMatch(member -> member.broker() == self.broker());
    }

    /** The sealed segments that this disk has of a partition of another broker; all other files of it are removed. */
    List<LocalSegment> held(PartitionId id, PartitionRecord record, int indexInterval) {
        SegmentRecovery segments = new SegmentRecovery(openFiles, indexInterval);
        Map<Long, LocalSegment> locals = new HashMap<>();
        openSealed(id, record, segments, locals);
        Set<Long> named = new HashSet<>(locals.keySet());
        for (SealedSegment segment : record.sealed()) {
            if (segment.ensemble().contains(self)) {
                named.add(segment.baseOffset());
            }
        }
        if (record.open() != null && record.open().ensemble().contains(self)) {
            named.add(record.open().baseOffset());
        }
        deleteUnreferenced(id, named);
        return List.copyOf(locals.values());
    }

    /** What nobody may read any more is no loss: takes it out of {@code lost} and of the record. */
    private PartitionRecord withoutUnreadable(PartitionId id, PartitionRecord record, List<SealedSegment> lost) {
        List<SealedSegment> past = lost.stream()
                .filter(segment -> segment.endOffset() <= record.logStartOffset())
                .toList();
        if (past.isEmpty()) {
            return record;
        }
        lost.removeAll(past);
        return update(id, current -> PartitionTransitions.giveUpLost(current, current.epoch(), past, false));
    }

    private @Nullable LocalSegment open(
            PartitionId id, long baseOffset, long sizeBytes, long endOffset, SegmentRecovery segments) {
        try {
            return segments.openSealed(id, baseOffset, files.log(id, baseOffset), sizeBytes, endOffset);
        } catch (IOException e) {
            throw new LogException("cannot open segment " + files.log(id, baseOffset), e);
        }
    }

    /** A sealed segment whose index or state did not reach the disk before the power went: the records themselves did. */
    private @Nullable LocalSegment rebuild(
            PartitionId id,
            PartitionRecord record,
            SealedSegment segment,
            SegmentRecovery segments,
            Map<Long, LocalSegment> locals) {
        byte[] before = producersBefore(id, record, segment.baseOffset(), locals);
        Path path = files.log(id, segment.baseOffset());
        // Looked at before it is cut: of a damaged one nothing may be lost that somebody can still read by hand.
        if (!Files.exists(path)
                || segments.readableEnd(id, segment.baseOffset(), segment.epoch(), path, before)
                        < segment.endOffset()) {
            return null;
        }
        SegmentRecovery.Recovered recovered = segments.recover(id, segment.baseOffset(), segment.epoch(), path, before);
        if (recovered.segment().size() < segment.sizeBytes()) {
            return null;
        }
        recovered.segment().seal(recovered.producers().encode());
        return recovered.segment();
    }

    private PartitionRecord sealOpen(
            PartitionId id,
            PartitionRecord record,
            OpenSegment open,
            SegmentRecovery segments,
            Map<Long, LocalSegment> locals) {
        byte[] before = producersBefore(id, record, open.baseOffset(), locals);
        SegmentRecovery.Recovered recovered =
                segments.recover(id, open.baseOffset(), open.epoch(), files.log(id, open.baseOffset()), before);
        LocalSegment segment = recovered.segment();
        segment.seal(recovered.producers().encode());
        SealedSegment sealed = segment.describe(self);
        if (segment.size() > 0) {
            locals.put(segment.baseOffset(), segment);
            LOG.infof(
                    "recovered the open segment. partition=%s base_offset=%d end_offset=%d bytes=%d",
                    id, segment.baseOffset(), segment.endOffset(), segment.size());
        }
        return update(id, current -> PartitionTransitions.seal(current, record.epoch(), sealed, null));
    }

    private interface Step {
        PartitionRecord apply(PartitionRecord current);
    }

    private PartitionRecord update(PartitionId id, Step step) {
        return records.update(id, current -> {
                    if (current == null) {
                        throw new LogException("the record of partition " + id + " has vanished");
                    }
                    return step.apply(current);
                })
                .orElseThrow()
                .record();
    }

    private ProducerStates producersAtEnd(PartitionId id, PartitionRecord record, Map<Long, LocalSegment> locals) {
        return ProducerStates.decode(ByteBuffer.wrap(producersBefore(id, record, record.endOffset(), locals)));
    }

    /**
     * The producer states as of {@code offset}, where a segment ends: from its local file, else from the object store.
     *
     * @throws NotYetException when another broker has yet to upload the segment
     */
    private byte[] producersBefore(
            PartitionId id, PartitionRecord record, long offset, Map<Long, LocalSegment> locals) {
        for (LocalSegment local : locals.values()) {
            if (local.endOffset() == offset) {
                return local.producers();
            }
        }
        for (OffloadedSegment segment : record.offloaded()) {
            if (segment.endOffset() == offset) {
                ByteBuffer states = remote.producerStates(segment);
                byte[] bytes = new byte[states.remaining()];
                states.get(bytes);
                return bytes;
            }
        }
        for (SealedSegment segment : record.sealed()) {
            if (segment.endOffset() == offset && !isOnlyHere(segment.ensemble())) {
                throw new NotYetException("segment " + segment.baseOffset() + ".." + segment.endOffset()
                        + " of partition " + id + " to be uploaded by one of " + segment.ensemble());
            }
        }
        return new byte[0];
    }

    private void deleteUnreferenced(PartitionId id, Set<Long> referenced) {
        Set<Long> obsolete = new HashSet<>(files.segments(id));
        obsolete.removeAll(referenced);
        for (long baseOffset : obsolete) {
            openFiles.forget(files.log(id, baseOffset));
            SegmentFiles.delete(files.log(id, baseOffset));
        }
    }

    private static String describeLoss(
            PartitionRecord record, List<SealedSegment> lost, boolean openLost, @Nullable String damage) {
        StringBuilder words = new StringBuilder(damage == null ? "" : damage);
        for (SealedSegment segment : lost) {
            words.append("sealed segment ")
                    .append(segment.baseOffset())
                    .append("..")
                    .append(segment.endOffset())
                    .append(" on ")
                    .append(segment.ensemble())
                    .append("; ");
        }
        OpenSegment open = record.open();
        if (openLost && open != null) {
            words.append("open segment from ")
                    .append(open.baseOffset())
                    .append(" on ")
                    .append(open.ensemble());
        }
        return words.toString();
    }
}
