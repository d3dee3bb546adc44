package io.varve.group;

import io.varve.group.ShardClaims.Claim;
import io.varve.metadata.MetadataException;
import io.varve.metadata.MetadataStore;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one shard served: claims it, has it loaded, writes for it, and when its writer has failed does all that again under a new epoch,
 * until it works. Once another broker has claimed the shard, it is that broker's (rules 2 and 4).
 *
 * <pre>
 *   claim -> election -> load -> write ... -> failed -> resignation -> claim
 *                                          -> fenced -> resignation, end
 *                                          -> closed, end
 * </pre>
 *
 * Its thread is a virtual one of its own: {@link #run}. Pauses grow to {@value Backoff#LAST_MILLIS} ms.
 */
final class ShardKeeper implements Runnable {
    private static final Logger LOG = Logger.getLogger(ShardKeeper.class);

    private final int shard;
    private final GroupCoordinator coordinator;
    private final ShardClaims claims;
    private final StorePartitionWriter writers;
    private final MetadataStore store;
    private final Time time;
    private final GroupMetrics metrics;
    private final Backoff backoff;
    private volatile @Nullable ShardWriter writer;
    private volatile boolean closed;

    ShardKeeper(
            int shard,
            GroupCoordinator coordinator,
            ShardClaims claims,
            StorePartitionWriter writers,
            MetadataStore store,
            Time time,
            GroupMetrics metrics) {
        this.shard = shard;
        this.coordinator = coordinator;
        this.claims = claims;
        this.writers = writers;
        this.store = store;
        this.time = time;
        this.metrics = metrics;
        this.backoff = new Backoff(time);
    }

    @Override
    public void run() {
        boolean firstTime = true;
        while (!closed) {
            Optional<Claim> claim = claim(firstTime);
            if (claim.isEmpty()) {
                return;
            }
            firstTime = false;
            ShardWriter.End end = serve(claim.get());
            switch (end) {
                case CLOSED -> {
                    return;
                }
                case FENCED, FAILED -> {
                    coordinator.onResignation(shard, OptionalInt.empty());
                    metrics.reloading();
                }
            }
        }
    }

    /** Claims the shard, trying until the store says yes or no. Empty: the shard is another broker's, or the keeper is closed. */
    private Optional<Claim> claim(boolean firstTime) {
        while (!closed) {
            try {
                Optional<Claim> claim = firstTime ? claims.take(shard) : claims.renew(shard);
                if (claim.isPresent()) {
                    return claim;
                }
                if (!firstTime && claims.isTakenOver(shard)) {
                    LOG.warnf("another broker has taken a coordinator shard over. shard=%d", shard);
                    return Optional.empty();
                }
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
        ShardWriter.End end = serving.run();
        if (serving.hasWritten()) {
            backoff.reset();
        } else if (end != ShardWriter.End.CLOSED) {
            backoff.pause(() -> closed);
        }
        return closed ? ShardWriter.End.CLOSED : end;
    }

    /** Whether the shard is loaded and served by this broker. */
    boolean isServing() {
        ShardWriter current = writer;
        return current != null && current.isOpen();
    }

    /** Ends {@link #run} soon. */
    void close() {
        closed = true;
        ShardWriter current = writer;
        if (current != null) {
            current.close();
        }
    }
}
