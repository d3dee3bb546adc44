package io.varve.cluster;

import io.varve.cluster.PartitionRecord.EpochStart;
import io.varve.cluster.PartitionRecord.ManifestPage;
import io.varve.cluster.PartitionRecord.Member;
import io.varve.cluster.PartitionRecord.OffloadedSegment;
import io.varve.cluster.PartitionRecord.OpenSegment;
import io.varve.cluster.PartitionRecord.SealedSegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.jspecify.annotations.Nullable;

/**
 * The steps a partition record may take. Pure functions, safe to apply again to a record that has already taken the step, so that a
 * compare-and-swap whose outcome is unknown can simply be repeated.
 *
 * <p>Every step of an owner names the owner's epoch and is refused with {@link NotLeaderOrFollowerException} when the record has
 * another one: somebody has taken the partition over (rules 1, 2 and 4).
 */
public final class PartitionTransitions {
    private PartitionTransitions() {}

    /** The epoch that the next owner of {@code record} gets (rule 2). */
    public static int nextEpoch(@Nullable PartitionRecord record) {
        return record == null ? 0 : record.epoch() + 1;
    }

    /**
     * Makes the first of {@code ensemble} the owner under {@code epoch} and opens a segment on all of them at the end of the partition. The
     * record must have no open segment: a take-over seals first (rule 5).
     */
    public static PartitionRecord open(@Nullable PartitionRecord record, int epoch, List<Member> ensemble) {
        if (record != null && record.epoch() == epoch && isOpenAt(record, epoch, ensemble)) {
            return record;
        }
        if (nextEpoch(record) != epoch) {
            throw fenced(record, epoch);
        }
        Member owner = ensemble.getFirst();
        if (record == null) {
            return new PartitionRecord(
                    PartitionRecord.VERSION,
                    epoch,
                    owner.broker(),
                    0,
                    new OpenSegment(0, epoch, ensemble),
                    List.of(),
                    List.of(),
                    List.of(),
                    List.of(new EpochStart(epoch, 0)),
                    0);
        }
        if (record.owner() != owner.broker()) {
            throw fenced(record, epoch);
        }
        if (record.open() != null) {
            throw new IllegalStateException("the open segment must be sealed before another is opened");
        }
        // An epoch that wrote nothing answers no question: the new one takes its place.
        List<EpochStart> epochs = new ArrayList<>(record.epochs());
        epochs.removeIf(start -> start.startOffset() >= record.endOffset());
        epochs.add(new EpochStart(epoch, record.endOffset()));
        return copy(record)
                .epoch(epoch)
                .owner(owner.broker())
                .open(new OpenSegment(record.endOffset(), epoch, ensemble))
                .epochs(epochs)
                .build();
    }

    /**
     * Seals an open segment in which nothing was appended, and opens another in its place, at the same offset and under the next epoch:
     * how an ensemble changes of which no member has anything (rule 5).
     *
     * @param epoch of the new segment
     */
    public static PartitionRecord openInPlaceOfEmpty(PartitionRecord record, int epoch, List<Member> ensemble) {
        OpenSegment empty = record.open();
        boolean isReplaced = record.epoch() == epoch;
        return open(
                isReplaced || empty == null ? record : copy(record).open(null).build(), epoch, ensemble);
    }

    /**
     * Makes {@code broker} the owner of a partition that has no record, under an epoch in which nothing is written: whoever else was about to open its
     * first segment finds that epoch over.
     */
    public static PartitionRecord claim(int broker) {
        return new PartitionRecord(
                PartitionRecord.VERSION, 0, broker, 0, null, List.of(), List.of(), List.of(), List.of(), 0);
    }

    /**
     * Makes {@code broker} the owner in place of one that is gone, under the next epoch (rule 2). The record must have no open segment:
     * a take-over seals first (rule 5).
     *
     * @param epoch of the owner that is gone
     */
    public static PartitionRecord takeOver(PartitionRecord record, int epoch, int broker) {
        return change(record, epoch, broker);
    }

    /** Gives the partition to {@code successor} under the next epoch; the owner has sealed its open segment before (rule 5). */
    public static PartitionRecord handOver(PartitionRecord record, int epoch, int successor) {
        return change(record, epoch, successor);
    }

    private static PartitionRecord change(PartitionRecord record, int epoch, int owner) {
        if (record.epoch() == epoch + 1 && record.owner() == owner) {
            return record;
        }
        requireEpoch(record, epoch);
        if (record.open() != null) {
            throw new IllegalStateException("the open segment must be sealed before the owner changes");
        }
        return copy(record).epoch(epoch + 1).owner(owner).build();
    }

    private static boolean isOpenAt(PartitionRecord record, int epoch, List<Member> ensemble) {
        return new OpenSegment(record.endOffset(), epoch, ensemble).equals(record.open());
    }

    /**
     * Seals the open segment and, with members in {@code next}, opens another behind it, in one step (rule 5).
     *
     * @param sealed the open segment with its end; ignored when it is empty
     * @param next whose disks the next segment is on, the owner first; empty to leave the partition without an open segment
     */
    public static PartitionRecord seal(PartitionRecord record, int epoch, SealedSegment sealed, List<Member> next) {
        requireEpoch(record, epoch);
        OpenSegment open = record.open();
        OpenSegment following = next.isEmpty() ? null : new OpenSegment(sealed.endOffset(), epoch, next);
        if (open == null || open.baseOffset() != sealed.baseOffset()) {
            // Only when it is this very step that was done: another's seal must not pass for one's own.
            if (record.endOffset() == sealed.endOffset() && Objects.equals(open, following)) {
                return record;
            }
            throw fenced(record, epoch);
        }
        List<SealedSegment> all = new ArrayList<>(record.sealed());
        if (sealed.endOffset() > sealed.baseOffset()) {
            all.add(sealed);
        }
        return copy(record)
                .sealed(all)
                .open(following)
                .endOffset(sealed.endOffset())
                .build();
    }

    /**
     * Ends the open segment of an owner that is gone and makes {@code broker} the owner under the next epoch: one step, so that the owner
     * before, should it live, finds its epoch over (rules 2, 4 and 5).
     *
     * @param epoch of the owner that is gone
     * @param sealed the open segment with the end that was found for it
     */
    public static PartitionRecord sealAndTakeOver(PartitionRecord record, int epoch, SealedSegment sealed, int broker) {
        boolean isDone = record.epoch() == epoch + 1 && record.owner() == broker && record.open() == null;
        return isDone ? record : takeOver(seal(record, epoch, sealed, List.of()), epoch, broker);
    }

    /**
     * References an uploaded segment in place of its local copies (rule 7).
     *
     * @return null when the segment is not wanted any more
     */
    public static @Nullable PartitionRecord offload(PartitionRecord record, int epoch, OffloadedSegment reference) {
        requireEpoch(record, epoch);
        if (record.offloaded().contains(reference)) {
            return record;
        }
        List<SealedSegment> sealed = new ArrayList<>(record.sealed());
        if (!sealed.removeIf(segment ->
                segment.baseOffset() == reference.baseOffset() && segment.endOffset() == reference.endOffset())) {
            return null;
        }
        List<OffloadedSegment> offloaded = new ArrayList<>(record.offloaded());
        offloaded.add(reference);
        offloaded.sort(Comparator.comparingLong(OffloadedSegment::baseOffset));
        return copy(record).sealed(sealed).offloaded(offloaded).build();
    }

    /**
     * Moves the log start offset up and drops the references to every segment and page that lies wholly before it (rule 8: the objects
     * stay until the sweeper finds them). The open segment stays.
     */
    public static PartitionRecord startAt(PartitionRecord record, int epoch, long logStartOffset) {
        requireEpoch(record, epoch);
        if (logStartOffset <= record.logStartOffset()) {
            return record;
        }
        List<EpochStart> epochs = new ArrayList<>(record.epochs());
        while (epochs.size() > 1 && epochs.get(1).startOffset() <= logStartOffset) {
            epochs.removeFirst();
        }
        return copy(record)
                .logStartOffset(logStartOffset)
                .sealed(record.sealed().stream()
                        .filter(s -> s.endOffset() > logStartOffset)
                        .toList())
                .offloaded(record.offloaded().stream()
                        .filter(s -> s.endOffset() > logStartOffset)
                        .toList())
                .pages(record.pages().stream()
                        .filter(p -> p.endOffset() > logStartOffset)
                        .toList())
                .epochs(epochs)
                .build();
    }

    /** Gives up the open and the sealed segments that no disk has any more: the unclean way, only when the topic allows it. */
    public static PartitionRecord giveUpLost(
            PartitionRecord record, int epoch, List<SealedSegment> lost, boolean openLost) {
        requireEpoch(record, epoch);
        List<SealedSegment> sealed = new ArrayList<>(record.sealed());
        sealed.removeAll(lost);
        if (!openLost) {
            return copy(record).sealed(sealed).build();
        }
        // The log start may lie within what is given up. What is appended next must not come before it: nobody could
        // read it.
        return copy(record)
                .sealed(sealed)
                .open(null)
                .endOffset(Math.max(record.endOffset(), record.logStartOffset()))
                .build();
    }

    /**
     * Takes a disk that does not have them out of the ensembles of sealed segments; where it is the only one, it stays: that is a loss, and
     * nothing may hide it.
     */
    public static PartitionRecord withoutHolder(PartitionRecord record, List<SealedSegment> missing, Member holder) {
        List<SealedSegment> sealed = new ArrayList<>();
        for (SealedSegment segment : record.sealed()) {
            boolean leaves = missing.contains(segment) && segment.ensemble().size() > 1;
            sealed.add(leaves ? segment.without(holder) : segment);
        }
        return sealed.equals(record.sealed())
                ? record
                : copy(record).sealed(sealed).build();
    }

    private static void requireEpoch(PartitionRecord record, int epoch) {
        if (record.epoch() != epoch) {
            throw fenced(record, epoch);
        }
    }

    private static NotLeaderOrFollowerException fenced(@Nullable PartitionRecord record, int epoch) {
        return new NotLeaderOrFollowerException("epoch " + epoch + " is over: the partition record has epoch "
                + (record == null ? "none" : record.epoch() + ", owner " + record.owner()));
    }

    private static Copy copy(PartitionRecord record) {
        return new Copy(record);
    }

    /** A record with some of its components replaced. */
    private static final class Copy {
        private final PartitionRecord from;
        private int epoch;
        private int owner;
        private long logStartOffset;
        private @Nullable OpenSegment open;
        private List<SealedSegment> sealed;
        private List<OffloadedSegment> offloaded;
        private List<ManifestPage> pages;
        private List<EpochStart> epochs;
        private long endOffset;

        Copy(PartitionRecord from) {
            this.from = from;
            epoch = from.epoch();
            owner = from.owner();
            logStartOffset = from.logStartOffset();
            open = from.open();
            sealed = from.sealed();
            offloaded = from.offloaded();
            pages = from.pages();
            epochs = from.epochs();
            endOffset = from.endOffset();
        }

        Copy epoch(int value) {
            epoch = value;
            return this;
        }

        Copy owner(int value) {
            owner = value;
            return this;
        }

        Copy logStartOffset(long value) {
            logStartOffset = value;
            return this;
        }

        Copy open(@Nullable OpenSegment value) {
            open = value;
            return this;
        }

        Copy sealed(List<SealedSegment> value) {
            sealed = value;
            return this;
        }

        Copy offloaded(List<OffloadedSegment> value) {
            offloaded = value;
            return this;
        }

        Copy pages(List<ManifestPage> value) {
            pages = value;
            return this;
        }

        Copy epochs(List<EpochStart> value) {
            epochs = value;
            return this;
        }

        Copy endOffset(long value) {
            endOffset = value;
            return this;
        }

        PartitionRecord build() {
            return new PartitionRecord(
                    from.version(), epoch, owner, logStartOffset, open, sealed, offloaded, pages, epochs, endOffset);
        }
    }
}
