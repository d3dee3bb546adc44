package io.varve.log;

import io.varve.cluster.Owners;
import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord;
import io.varve.tier.RemoteSegments;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What a broker can read of partitions whether it owns them or not, by the records it has in memory, what its disk has, and the object store.
 *
 * <p>All of it is safe (rule 6): what is sealed never changes, and of an open segment only what lies before a high watermark that its owner has
 * told. So nothing that was read here vanishes later, even when this broker was paused or cut off in the meantime. It may be behind: a
 * high watermark, a log start offset and a leader epoch are as they were last heard of. Answers from memory; never blocks. Thread-safe.
 */
public final class ReadAnywhere {
    private static final Logger LOG = Logger.getLogger(ReadAnywhere.class);

    private final Map<PartitionId, Holding> holdings;
    private final Owners owners;
    private final SegmentReads reads;
    private final LogMetrics metrics;

    /** Those that wait for a copy to move. As many as there are fetches that wait. */
    private final Map<PartitionId, List<Runnable>> listeners = new ConcurrentHashMap<>();

    /** @param holdings what this disk has of partitions of others; a live view */
    ReadAnywhere(Map<PartitionId, Holding> holdings, Owners owners, RemoteSegments remote, LogMetrics metrics) {
        this.holdings = holdings;
        this.owners = owners;
        this.reads = new SegmentReads(remote, metrics);
        this.metrics = metrics;
    }

    /**
     * For a listener on which every broker answers for everything.
     *
     * @return where to read {@code offset} from without asking the owner: it is in a sealed segment that is in the object store or on this disk.
     *     Empty means: ask the owner, who also says whether there is such an offset at all. The answer holds for this offset and the next read;
     *     what follows may be the owner's, and reading it here is refused with NOT_LEADER_OR_FOLLOWER
     */
    public Optional<FetchSource> find(PartitionId id, long offset) {
        PartitionRecord record = record(id);
        if (record == null || offset < record.logStartOffset() || offset >= record.endOffset()) {
            return Optional.empty();
        }
        Holding holding = holdings.get(id);
        boolean isHere = SegmentReads.isOffloaded(record, offset)
                || (holding != null && holding.sealedHolding(record, offset) != null);
        return isHere ? Optional.of(new FollowedPartition(id, this)) : Optional.empty();
    }

    /**
     * For a consumer that was told to read from this broker (KIP-392).
     *
     * @return where to read {@code offset} from: this broker is being fed a copy of the open segment, or has the offset on its disk. Empty means:
     *     ask the owner
     */
    public Optional<FetchSource> asMember(PartitionId id, long offset) {
        Holding holding = holdings.get(id);
        if (holding == null) {
            return Optional.empty();
        }
        FollowedPartition followed = new FollowedPartition(id, this);
        return holding.isFed() || holding.readable(record(id), offset) != null
                ? Optional.of(followed)
                : Optional.empty();
    }

    /** As it was last seen; null when there is none. */
    @Nullable
    PartitionRecord record(PartitionId id) {
        return owners.record(id).orElse(null);
    }

    /** Null when this disk has nothing of it, or this broker owns it. */
    @Nullable
    Holding holding(PartitionId id) {
        return holdings.get(id);
    }

    SegmentReads reads() {
        return reads;
    }

    LogMetrics metrics() {
        return metrics;
    }

    void addListener(PartitionId id, Runnable listener) {
        listeners.compute(id, (_, there) -> {
            List<Runnable> list = there == null ? new CopyOnWriteArrayList<>() : there;
            list.add(listener);
            return list;
        });
    }

    void removeListener(PartitionId id, Runnable listener) {
        listeners.computeIfPresent(id, (_, there) -> {
            there.remove(listener);
            return there.isEmpty() ? null : there;
        });
    }

    /** What is here of the partition, or known of it, has changed. Never blocks. */
    void tell(PartitionId id) {
        List<Runnable> waiting = listeners.get(id);
        if (waiting == null) {
            return;
        }
        for (Runnable listener : waiting) {
            try {
                listener.run();
            } catch (RuntimeException e) {
                // This is the thread that feeds copies: one listener's trouble must not reach anybody else.
                LOG.errorf(e, "a listener of a copy failed. partition=%s", id);
            }
        }
    }
}
