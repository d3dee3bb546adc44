package io.varve.group;

import io.varve.group.ShardClaims.Claim;
import io.varve.metadata.MetadataException;
import io.varve.metadata.MetadataStore;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one shard served while it is for this broker: waits for its turn, claims it, has it loaded, writes for it, and when its writer has
 * failed does all that again under a new epoch (rules 2 and 4). When the shard is for another broker, gives it up.
 *
 * <pre>
 *   turn -> claim -> election -> load -> write ... -> failed or fenced -> resignation -> turn
 *                                                  -> for another      -> resignation, release -> turn
 *                                                  -> closed           -> release, end
 * </pre>
 *
 * Its thread is a virtual one of its own: {@link #run}. Pauses grow to {@value Backoff#LAST_MILLIS} ms.
 */
final class ShardKeeper implements Runnable {
    private static final Logger LOG = Logger.getLogger(ShardKeeper.class);

    private final int shard;
    private final GroupCoordinator coordinator;
    private final ShardMap map;
    private final ShardClaims claims;
    private final StorePartitionWriter writers;
    private final MetadataStore store;
    private final Time time;
    private final GroupMetrics metrics;
    private final Backoff backoff;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private volatile @Nullable ShardWriter writer;
    private volatile boolean closed;

    ShardKeeper(
            int shard,
            GroupCoordinator coordinator,
            ShardMap map,
            ShardClaims claims,
            StorePartitionWriter writers,
            MetadataStore store,
            Time time,
            GroupMetrics metrics) {
        this.shard = shard;
        this.coordinator = coordinator;
        this.map = map;
        this.claims = claims;
        this.writers = writers;
        this.store = store;
        this.time = time;
        this.metrics = metrics;
        this.backoff = new Backoff(time);
    }

    @Override
    public void run() {
        while (awaitTurn()) {
            Optional<Claim> claim = claim();
            if (claim.isPresent()) {
                ShardWriter.End end = serve(claim.get());
                if (!closed) {
                    coordinator.onResignation(shard, OptionalInt.empty());
                    metrics.reloading();
                }
                if (end == ShardWriter.End.CLOSED) {
                    release(claim.get());
                }
            }
        }
    }

    /** Waits until the shard is for this broker and may be claimed; false when the keeper is closed. */
    private boolean awaitTurn() {
        lock.lock();
        try {
            while (!closed && !(map.isMeant(shard) && map.isFree(shard))) {
                changed.awaitUninterruptibly();
            }
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    /** Something has changed: the turn may have come, or be over, or somebody has claimed the shard since. Quick; called on a watch's thread. */
    void reconsider() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        ShardWriter current = writer;
        if (current != null && (!map.isMeant(shard) || map.epoch(shard) > current.epoch())) {
            current.close();
        }
    }

    /** Claims the shard, trying until the store says yes or no. Empty: it is not free after all, or the keeper is closed. */
    private Optional<Claim> claim() {
        while (!closed) {
            try {
                Optional<Claim> claim = claims.take(shard, map::isFree);
                if (claim.isEmpty()) {
                    // The map has yet to hear of it.
                    backoff.pause(() -> closed);
                }
                return claim;
            } catch (MetadataException | GroupException e) {
                if (backoff.isFirst()) {
                    LOG.warnf("cannot claim a coordinator shard yet. shard=%d cause=%s", shard, e.getMessage());
                }
            }
            backoff.pause(() -> closed);
        }
        return Optional.empty();
    }

    private ShardWriter.End serve(Claim claim) {
        ShardWriter serving = new ShardWriter(claim, store, time, metrics);
        writer = serving;
        writers.install(serving);
        if (closed) {
            return ShardWriter.End.CLOSED;
        }
        coordinator.onElection(shard, claim.epoch());
        LOG.debugf("claimed a coordinator shard. shard=%d epoch=%d", shard, claim.epoch());
        // It may have become another broker's between the claim and now.
        reconsider();
        ShardWriter.End end = serving.run();
        if (serving.hasWritten()) {
            backoff.reset();
        } else if (end != ShardWriter.End.CLOSED) {
            backoff.pause(() -> closed);
        }
        return end;
    }

    private void release(Claim claim) {
        try {
            claims.release(claim);
            LOG.debugf("gave a coordinator shard up. shard=%d epoch=%d", shard, claim.epoch());
        } catch (MetadataException e) {
            LOG.debugf("cannot give a coordinator shard up. shard=%d cause=%s", shard, e.getMessage());
        }
    }

    /** Whether the shard is loaded and served by this broker. */
    boolean isServing() {
        ShardWriter current = writer;
        return current != null && current.isOpen();
    }

    /** Ends {@link #run} soon. */
    void close() {
        closed = true;
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        ShardWriter current = writer;
        if (current != null) {
            current.close();
        }
    }
}
