package io.varve.log;

import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord.Member;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The segment that takes a partition's appends: its file here, its copies elsewhere, and how far it is safe. Fields are guarded by the
 * partition's lock.
 *
 * <p>What makes an append safe (rule 3) is decided when the record names the segment. Until then everything goes to the journal, since the
 * broker may turn out to be alone. With copies on other brokers it needs the journal no more, unless the topic asks for the disk.
 */
final class Tail implements JournalTarget {

    /** Hears what the journal has to say. Implemented by the partition; takes its lock. */
    interface Owner {
        void onDurable(Tail tail, long endOffset, int endPosition);

        void onJournalFailed(IOException cause);

        void checkpoint(Tail tail) throws IOException;
    }

    private static final int WRITE_BACK_BYTES = 1 << 20;

    final LocalSegment segment;
    final Copies copies;
    private final Owner owner;

    /** Whether the partition record names this segment: until then nothing in it may be acknowledged or read. */
    boolean confirmed;

    /** Whether appends go to the journal. */
    boolean journaled;

    /** Whether what was appended before {@link #confirm} is in the segment's file alone and must be synced there. */
    private boolean behindJournal;

    /** Wall-clock milliseconds of the first append, or -1. */
    long firstAppendMillis = -1;

    /** How much sooner than {@code segment.ms} it rolls, so that partitions written at the same time do not roll at the same time. */
    final long jitterMillis;

    /** Completes when every member that was asked has begun its copy or is lost. */
    final CompletableFuture<Void> answered = new CompletableFuture<>();

    /** Completes, once appends go elsewhere, when all copies that are left and, if it has it, the journal have everything. */
    final CompletableFuture<Void> complete = new CompletableFuture<>();

    private boolean full;

    /** The record names it as sealed: all of it is safe. */
    private boolean sealed;

    /** Everything before this offset is in the journal and synced. */
    private long durableEnd;

    /** Where that is in the segment. */
    private int durablePosition;

    /** Up to where the segment was written back last. Used by the journal's thread only. */
    private int writtenBack;

    /**
     * @param isFirst whether the partition has no record yet. Then others may take themselves for its owner under the same epoch, and an append that is
     *     in the journal of one that was too late would be replayed over its copy of the other's segment: nothing is journaled before the
     *     record is there
     */
    Tail(LocalSegment segment, Copies copies, long jitterMillis, boolean isFirst, Owner owner) {
        this.journaled = !isFirst;
        this.segment = segment;
        this.copies = copies;
        this.jitterMillis = jitterMillis;
        this.owner = owner;
        this.durableEnd = segment.endOffset();
        this.durablePosition = segment.size();
    }

    /** How far it is safe; only of a confirmed one may anybody be told. */
    Watermark safe() {
        Watermark here;
        if (sealed || !journaled) {
            here = new Watermark(segment.endOffset(), segment.baseOffset(), segment.size());
        } else if (behindJournal) {
            here = new Watermark(segment.baseOffset(), segment.baseOffset(), 0);
        } else {
            here = new Watermark(durableEnd, segment.baseOffset(), durablePosition);
        }
        return sealed ? here : copies.common(here);
    }

    /** The record names it now, with this ensemble. */
    void confirm(List<Member> ensemble, boolean syncs) {
        boolean wasJournaled = journaled;
        confirmed = true;
        copies.name(ensemble);
        journaled = syncs || copies.isAlone();
        behindJournal = journaled && !wasJournaled;
    }

    /** Whether {@link #synced} is waited for. */
    boolean isBehindJournal() {
        return behindJournal;
    }

    /** What was appended before {@link #confirm}, and perhaps more, is on disk. */
    void synced(long endOffset, int endPosition) {
        behindJournal = false;
        if (endOffset > durableEnd) {
            durable(endOffset, endPosition);
        }
    }

    /** No append follows. */
    void close() {
        full = true;
        settle();
    }

    /** It is sealed in the record. */
    void seal() {
        sealed = true;
        copies.seal();
    }

    void durable(long endOffset, int endPosition) {
        durableEnd = endOffset;
        durablePosition = endPosition;
    }

    /** Completes what has come true. */
    void settle() {
        if (!answered.isDone() && copies.isAnswered()) {
            answered.complete(null);
        }
        boolean isHere = !journaled || (!behindJournal && durableEnd >= segment.endOffset());
        if (full && copies.haveAll(segment.endOffset()) && isHere) {
            complete.complete(null);
        }
    }

    /** Nobody will hear of it any more. */
    void abandon(RuntimeException cause) {
        copies.close();
        answered.completeExceptionally(cause);
        complete.completeExceptionally(cause);
    }

    @Override
    public PartitionId partition() {
        return segment.partition();
    }

    @Override
    public long baseOffset() {
        return segment.baseOffset();
    }

    @Override
    public void onDurable(long endOffset, int endPosition) {
        owner.onDurable(this, endOffset, endPosition);
    }

    @Override
    public boolean isWriteBackDue() {
        int size = segment.size();
        if (size - writtenBack < WRITE_BACK_BYTES) {
            return false;
        }
        writtenBack = size;
        return true;
    }

    @Override
    public void writeBack() throws IOException {
        segment.sync();
    }

    @Override
    public void onJournalFailed(IOException cause) {
        owner.onJournalFailed(cause);
    }

    @Override
    public void checkpoint() throws IOException {
        owner.checkpoint(this);
    }
}
