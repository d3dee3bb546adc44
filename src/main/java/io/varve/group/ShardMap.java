package io.varve.group;

import io.varve.cluster.BrokerRegistration.Announcement;
import io.varve.cluster.ClusterView;
import io.varve.cluster.Mirror;
import io.varve.cluster.Placement;
import io.varve.group.ShardClaims.Owner;
import io.varve.metadata.Entry;
import io.varve.metadata.MetadataStore;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Which broker each coordinator shard is for, and which one has it: from memory, kept by one watch. May be a moment behind the store, where
 * the claims are made. Thread-safe.
 */
final class ShardMap implements AutoCloseable {
    private final ClusterView cluster;
    private final Map<Integer, Owner> owners = new ConcurrentHashMap<>();
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final Mirror mirror;

    /** Reads who has which shard and follows it from then on. Blocks. */
    ShardMap(MetadataStore store, ClusterView cluster) {
        this.cluster = cluster;
        this.mirror = Mirror.start(store, ShardClaims.PREFIX, new Image());
        cluster.addListener(this::tell);
    }

    private final class Image implements Mirror.Image {
        @Override
        public void put(Entry entry) {
            int shard = ShardClaims.shard(entry.key());
            if (shard >= 0) {
                owners.put(shard, ShardClaims.owner(entry));
                tell();
            }
        }

        @Override
        public void remove(String key) {
            owners.remove(ShardClaims.shard(key));
            tell();
        }
    }

    private void tell() {
        listeners.forEach(Runnable::run);
    }

    /** Calls {@code listener} when anything of this may have changed, on a watch's thread: it must be quick and must not throw. */
    void addListener(Runnable listener) {
        listeners.add(listener);
    }

    /** Whether the shard is for this broker, as long as the same brokers live. */
    boolean isMeant(int shard) {
        return Placement.shardOwner(shard, cluster.announcements()) == cluster.self();
    }

    /** Whether this broker may claim the shard as far as is known here. */
    boolean isFree(int shard) {
        return isFree(owners.get(shard));
    }

    /**
     * Whether a shard of this owner may be claimed: nobody has it, or an earlier life of this broker, or one whose lease is over, so that it
     * answers nothing from memory any more (rule 4).
     */
    boolean isFree(@Nullable Owner owner) {
        return owner == null || owner.broker() == cluster.self() || !isLive(owner.broker());
    }

    private boolean isLive(int broker) {
        return cluster.announcements().stream().map(Announcement::id).anyMatch(id -> id == broker);
    }

    /** The epoch of the last claim that is known here, or 0. */
    int epoch(int shard) {
        Owner owner = owners.get(shard);
        return owner == null ? 0 : owner.epoch();
    }

    /** The live broker that has the shard. */
    OptionalInt ownerOf(int shard) {
        Owner owner = owners.get(shard);
        return owner == null || !isLive(owner.broker()) ? OptionalInt.empty() : OptionalInt.of(owner.broker());
    }

    @Override
    public void close() {
        mirror.close();
    }
}
