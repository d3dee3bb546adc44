package io.varve.log;

import static java.util.stream.Collectors.toSet;

import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord;
import io.varve.cluster.PartitionRecord.Member;
import io.varve.cluster.PartitionRecord.OffloadedSegment;
import io.varve.cluster.PartitionRecord.OpenSegment;
import io.varve.cluster.PartitionRecord.SealedSegment;
import io.varve.cluster.PartitionRecords.Versioned;
import io.varve.cluster.PartitionTransitions;
import io.varve.log.OpenSegmentEnd.Found;
import io.varve.replica.CopyEnd;
import io.varve.replica.SegmentId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Finds out, at start, what this disk has of a partition: recovers and seals the segment that was open (rule 5), checks the sealed
 * ones, removes files that nothing refers to. The journal must have been replayed before.
 */
final class PartitionRecovery {
    private static final Logger LOG = Logger.getLogger(PartitionRecovery.class);

    private final LogContext context;
    private final SegmentFiles files;
    private final Member self;
    private final OpenSegmentEnd ends;
    private final EndHere here;

    /** @param journaled up to which offset the journal had each segment file */
    PartitionRecovery(LogContext context, Map<Path, Long> journaled) {
        this.context = context;
        this.files = context.files();
        this.self = context.self();
        this.ends = new OpenSegmentEnd(context);
        this.here = new EndHere(context, journaled);
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
            @Nullable Versioned record,
            ProducerStates producers,
            List<LocalSegment> locals,
            @Nullable String lost) {}

    /**
     * Recovers a partition that this broker owns or takes over. Blocks on the metadata store, on the other members of the ensemble and, where
     * producer states are only there, on the object store.
     *
     * @param held what this disk has had of it for another owner
     * @param allowLoss whether what is lost may be given up ({@code unclean.leader.election.enable})
     * @throws org.apache.kafka.common.errors.NotLeaderOrFollowerException when another broker has changed the record meanwhile
     */
    Recovered recover(
            PartitionId id, @Nullable Versioned known, @Nullable Holding held, int indexInterval, boolean allowLoss) {
        if (known == null) {
            deleteUnreferenced(id, Set.of());
            files.delete(id);
            return new Recovered(null, new ProducerStates(), List.of(), null);
        }
        Versioned now = known;
        PartitionRecord record = known.record();
        SegmentRecovery segments = segments(indexInterval);
        Map<Long, LocalSegment> locals = new HashMap<>();
        openOffloaded(id, record, segments, locals);
        Opened opened = openSealed(id, record, held, segments, locals);
        List<SealedSegment> missing = opened.missing();
        if (!missing.isEmpty()) {
            // Who has what is missing here must know that it is for them to upload it.
            now = withoutUnreadable(id, record, missing);
            record = now.record();
        }
        List<SealedSegment> lost = missing.stream()
                .filter(segment -> isOnlyHere(segment.ensemble()))
                .toList();
        if (opened.unmet() != null && lost.isEmpty()) {
            throw opened.unmet();
        }
        OpenSegment open = record.open();
        Found found = open == null ? null : findEnd(id, record, open, held, segments, allowLoss);
        boolean openLost = found != null && found.sealed() == null;
        if (openLost || !lost.isEmpty()) {
            String words = describeLoss(lost) + (found == null ? "" : found.problem());
            if (!allowLoss) {
                return new Recovered(now, new ProducerStates(), List.copyOf(locals.values()), words);
            }
            LOG.errorf(
                    "giving up lost segments: unclean.leader.election.enable is true. partition=%s lost=%s", id, words);
            now = update(id, current -> PartitionTransitions.giveUpLost(current, current.epoch(), lost, openLost));
            record = now.record();
        }
        if (opened.unmet() != null) {
            throw opened.unmet();
        }
        if (open != null && found != null && found.sealed() != null) {
            if (!found.problem().isEmpty()) {
                LOG.errorf(
                        "the end of an open segment may be lost: it ends now where the longest copy does. partition=%s "
                                + "end_offset=%d cause=%s",
                        id, found.sealed().endOffset(), found.problem());
            }
            now = sealOpen(id, record, open, found.sealed(), held, segments, locals);
        }
        return new Recovered(now, producersAtEnd(id, now.record(), locals), List.copyOf(locals.values()), null);
    }

    /**
     * Removes the files of all other segments. To be called once this broker is the owner, by the record, and takes no batch for a copy any more: until
     * then another may name a copy here that it has begun.
     */
    void keepOnly(PartitionId id, List<LocalSegment> found) {
        deleteUnreferenced(id, found.stream().map(LocalSegment::baseOffset).collect(toSet()));
    }

    private SegmentRecovery segments(int indexInterval) {
        return new SegmentRecovery(context.openFiles(), context.boot(), indexInterval);
    }

    private Found findEnd(
            PartitionId id,
            PartitionRecord record,
            OpenSegment open,
            @Nullable Holding held,
            SegmentRecovery segments,
            boolean allowLoss) {
        Optional<CopyEnd> own = open.ensemble().contains(self)
                ? here.find(new SegmentId(id, open.baseOffset(), open.epoch()), held, segments)
                : Optional.empty();
        if (open.ensemble().equals(List.of(self))) {
            // Alone, it was in the journal, which has been replayed.
            own = own.map(end -> new CopyEnd(end.endOffset(), end.sizeBytes(), end.maxTimestamp(), true));
        }
        String damage = own.map(end -> here.damage(id, open, end, segments)).orElse("");
        if (!damage.isEmpty()) {
            // Not to be relied on; all there is, perhaps, when what is lost is given up.
            own = allowLoss
                    ? own.map(end -> new CopyEnd(end.endOffset(), end.sizeBytes(), end.maxTimestamp(), false))
                    : Optional.empty();
        }
        Found found = ends.find(id, open, PartitionTransitions.nextEpoch(record), own, allowLoss);
        return found.problem().isEmpty() ? found : new Found(found.sealed(), damage + found.problem());
    }

    /**
     * Where this disk's copy of an open segment ends; nothing is appended to it any more.
     *
     * @return empty when there is none
     */
    Optional<CopyEnd> endHere(SegmentId segment, @Nullable Holding held, int indexInterval) {
        return here.find(segment, held, segments(indexInterval));
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

    /**
     * @param missing what this disk ought to have and has not
     * @param unmet what has to be uploaded by others before something that is here can be used; null when nothing has
     */
    private record Opened(
            List<SealedSegment> missing, @Nullable NotYetException unmet) {}

    /** Opens the sealed segments that this disk has, into {@code locals}. */
    private Opened openSealed(
            PartitionId id,
            PartitionRecord record,
            @Nullable Holding held,
            SegmentRecovery segments,
            Map<Long, LocalSegment> locals) {
        List<SealedSegment> missing = new ArrayList<>();
        NotYetException unmet = null;
        for (SealedSegment segment : record.sealed()) {
            try {
                LocalSegment local = openSealed(id, record, segment, held, segments, locals);
                if (local != null) {
                    locals.put(segment.baseOffset(), local);
                } else if (segment.ensemble().contains(self) || isOnlyHere(segment.ensemble())) {
                    missing.add(segment);
                }
            } catch (NotYetException e) {
                unmet = e;
            }
        }
        return new Opened(missing, unmet);
    }

    private @Nullable LocalSegment openSealed(
            PartitionId id,
            PartitionRecord record,
            SealedSegment segment,
            @Nullable Holding held,
            SegmentRecovery segments,
            Map<Long, LocalSegment> locals) {
        OpenCopy copy = Holding.copyOf(held, segment.baseOffset(), segment.epoch());
        if (copy != null && copy.sealAt(segment.endOffset())) {
            return copy.segment();
        }
        LocalSegment local = open(id, segment.baseOffset(), segment.sizeBytes(), segment.endOffset(), segments);
        return local == null && segment.ensemble().contains(self)
                ? rebuild(id, record, segment, segments, locals)
                : local;
    }

    /**
     * Finds a sealed segment from its file; null when it is not here or not whole, which the others are told then.
     *
     * @param locals what else of the partition is here, by base offset
     */
    @Nullable
    LocalSegment reopen(
            PartitionId id,
            PartitionRecord record,
            SealedSegment segment,
            Map<Long, LocalSegment> locals,
            int indexInterval) {
        LocalSegment found = openSealed(id, record, segment, null, segments(indexInterval), locals);
        if (found == null) {
            leaveToOthers(id, List.of(segment));
        }
        return found;
    }

    /** Whether this broker alone could have it, on this disk or on one that it had before. */
    private boolean isOnlyHere(List<Member> ensemble) {
        return ensemble.stream().allMatch(member -> member.broker() == self.broker());
    }

    /**
     * The sealed segments that this disk has of a partition of another broker; all other files of it are removed, but for those of an epoch that is still to
     * come: an owner may be about to name them.
     */
    List<LocalSegment> held(PartitionId id, PartitionRecord record, int indexInterval) {
        SegmentRecovery segments = segments(indexInterval);
        Map<Long, LocalSegment> locals = new HashMap<>();
        Opened opened = openSealed(id, record, null, segments, locals);
        if (!opened.missing().isEmpty()) {
            leaveToOthers(id, opened.missing());
        }
        Set<Long> wanted = new HashSet<>(locals.keySet());
        wanted.addAll(record.heldBy(self));
        for (long baseOffset : files.segments(id)) {
            if (SegmentRecovery.epochOf(files.log(id, baseOffset)) > record.epoch()) {
                wanted.add(baseOffset);
            }
        }
        deleteUnreferenced(id, wanted);
        return List.copyOf(locals.values());
    }

    /** Takes this disk out of the ensembles of segments that others have and it has not: one that has it must upload. */
    private Versioned leaveToOthers(PartitionId id, List<SealedSegment> missing) {
        return update(id, current -> PartitionTransitions.withoutHolder(current, missing, self));
    }

    /** What nobody may read any more is no loss: takes it out of {@code missing} and of the record; what others have is left to them. */
    private Versioned withoutUnreadable(PartitionId id, PartitionRecord record, List<SealedSegment> missing) {
        List<SealedSegment> past = missing.stream()
                .filter(segment -> segment.endOffset() <= record.logStartOffset())
                .toList();
        missing.removeAll(past);
        Versioned left = leaveToOthers(id, missing);
        return past.isEmpty()
                ? left
                : update(id, current -> PartitionTransitions.giveUpLost(current, current.epoch(), past, false));
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
        Supplier<byte[]> before = () -> producersBefore(id, record, segment.baseOffset(), locals);
        Path path = files.log(id, segment.baseOffset());
        long end = segment.endOffset();
        // Looked at before it is cut: of a damaged one nothing may be lost that somebody can still read by hand.
        if (!Files.exists(path)
                || segments.readable(id, segment.baseOffset(), segment.epoch(), path, end, before)
                                .endOffset()
                        < end) {
            return null;
        }
        SegmentRecovery.Recovered recovered =
                segments.recover(id, segment.baseOffset(), segment.epoch(), path, end, before);
        if (recovered.segment().size() < segment.sizeBytes()) {
            return null;
        }
        recovered.segment().seal(recovered.producers().encode());
        return recovered.segment();
    }

    private Versioned sealOpen(
            PartitionId id,
            PartitionRecord record,
            OpenSegment open,
            SealedSegment sealed,
            @Nullable Holding held,
            SegmentRecovery segments,
            Map<Long, LocalSegment> locals) {
        // Nothing is done about an empty one: its file may be another's by now, which was begun in its place and is
        // being fed.
        if (sealed.ensemble().contains(self) && sealed.endOffset() > open.baseOffset()) {
            LocalSegment segment = endOpen(id, record, open, sealed, held, segments, locals);
            locals.put(segment.baseOffset(), segment);
        }
        LOG.infof(
                "found the end of an open segment. partition=%s base_offset=%d end_offset=%d bytes=%d on=%s",
                id, sealed.baseOffset(), sealed.endOffset(), sealed.sizeBytes(), sealed.ensemble());
        if (record.owner() == self.broker()) {
            return update(id, current -> PartitionTransitions.seal(current, record.epoch(), sealed, List.of()));
        }
        return context.records()
                .updateUnlessRegistered(
                        record.owner(),
                        id,
                        current -> PartitionTransitions.sealAndTakeOver(
                                required(id, current), record.epoch(), sealed, self.broker()))
                .orElseThrow();
    }

    /** Ends this disk's copy where it was decided, on the disk: it may be the only one. */
    private LocalSegment endOpen(
            PartitionId id,
            PartitionRecord record,
            OpenSegment open,
            SealedSegment sealed,
            @Nullable Holding held,
            SegmentRecovery segments,
            Map<Long, LocalSegment> locals) {
        OpenCopy copy = Holding.copyOf(held, open.baseOffset(), open.epoch());
        LocalSegment ended = copy != null && copy.endAt(sealed.endOffset())
                ? copy.segment()
                : cut(id, record, open, sealed, segments, locals);
        if (sealed.ensemble().size() == 1) {
            sync(ended);
        }
        return ended;
    }

    private LocalSegment cut(
            PartitionId id,
            PartitionRecord record,
            OpenSegment open,
            SealedSegment sealed,
            SegmentRecovery segments,
            Map<Long, LocalSegment> locals) {
        SegmentRecovery.Recovered recovered = segments.recover(
                id,
                open.baseOffset(),
                open.epoch(),
                files.log(id, open.baseOffset()),
                sealed.endOffset(),
                () -> producersBefore(id, record, open.baseOffset(), locals));
        recovered.segment().seal(recovered.producers().encode());
        return recovered.segment();
    }

    private static void sync(LocalSegment segment) {
        try {
            segment.syncName();
            segment.sync();
        } catch (IOException e) {
            throw new UnsyncedException(segment.path(), e);
        }
    }

    private interface Step {
        PartitionRecord apply(PartitionRecord current);
    }

    private Versioned update(PartitionId id, Step step) {
        return context.records()
                .update(id, current -> step.apply(required(id, current)))
                .orElseThrow();
    }

    private static PartitionRecord required(PartitionId id, @Nullable PartitionRecord current) {
        if (current == null) {
            throw new LogException("the record of partition " + id + " has vanished");
        }
        return current;
    }

    private ProducerStates producersAtEnd(PartitionId id, PartitionRecord record, Map<Long, LocalSegment> locals) {
        return ProducerStates.decode(ByteBuffer.wrap(producersBefore(id, record, record.endOffset(), locals)));
    }

    /**
     * The producer states as of {@code offset}, where a segment ends: from its local file, else from the object store. None when the record has no such
     * segment any more.
     *
     * @throws NotYetException when the segment is not here yet: another broker has to upload it, or what this one needs for it
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
                ByteBuffer states = context.remote().producerStates(segment);
                byte[] bytes = new byte[states.remaining()];
                states.get(bytes);
                return bytes;
            }
        }
        for (SealedSegment segment : record.sealed()) {
            if (segment.endOffset() == offset) {
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
            context.openFiles().delete(files.log(id, baseOffset));
        }
    }

    private static String describeLoss(List<SealedSegment> lost) {
        StringBuilder words = new StringBuilder();
        for (SealedSegment segment : lost) {
            words.append("sealed segment ")
                    .append(segment.baseOffset())
                    .append("..")
                    .append(segment.endOffset())
                    .append(" on ")
                    .append(segment.ensemble())
                    .append("; ");
        }
        return words.toString();
    }
}
