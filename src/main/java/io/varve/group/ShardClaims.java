package io.varve.group;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.varve.metadata.Entry;
import io.varve.metadata.MetadataStore;
import io.varve.metadata.Txn;
import io.varve.metadata.TxnResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.function.Predicate;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Who owns which shard: one key a shard, {@code shards/<n>/epoch}, with an epoch that grows with every claim (rule 2). Blocks on the store;
 * its exceptions pass through. Thread-safe.
 */
final class ShardClaims {
    private static final Logger LOG = Logger.getLogger(ShardClaims.class);
    static final String PREFIX = "shards/";

    /** Of a shard that was given up. */
    static final int NOBODY = -1;

    private static final String COUNT = PREFIX + "count";
    private static final String EPOCH = "/epoch";
    private static final ObjectMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private final MetadataStore store;
    private final int brokerId;
    private final String incarnation;

    /** @param incarnation tells this life of the broker from any other, also of the same id */
    ShardClaims(MetadataStore store, int brokerId, String incarnation) {
        this.store = store;
        this.brokerId = brokerId;
        this.incarnation = incarnation;
    }

    /**
     * A shard that is ours for as long as {@code key} is at {@code version}.
     *
     * @param epoch larger than that of any claim before
     */
    record Claim(int shard, int epoch, String key, long version) {}

    /** What is stored. */
    record Owner(int epoch, int broker, String incarnation) {}

    /**
     * The number of shards of this cluster: fixed by the first broker that starts, since it decides which shard a group is in.
     */
    int establishCount(int configured) {
        TxnResult first = store.commit(Txn.builder()
                .require(COUNT, Txn.ABSENT)
                .put(COUNT, Integer.toString(configured))
                .build());
        if (first.applied()) {
            return configured;
        }
        int count = store.get(COUNT)
                .map(entry -> Integer.parseInt(entry.text()))
                .orElseThrow(() -> new GroupException("key " + COUNT + " has vanished from the metadata store", null));
        if (count != configured) {
            LOG.warnf(
                    "offsets.topic.num.partitions cannot change once a cluster has started: it stays as it is. configured=%d used=%d",
                    configured, count);
        }
        return count;
    }

    /** Takes the shard if its owner allows it. Empty: it does not, or somebody else was quicker this time. */
    Optional<Claim> take(int shard, Predicate<@Nullable Owner> isFree) {
        Optional<Entry> current = current(shard);
        Owner owner = current.map(ShardClaims::owner).orElse(null);
        return isFree.test(owner) ? claim(shard, current) : Optional.empty();
    }

    private Optional<Claim> claim(int shard, Optional<Entry> current) {
        String key = key(shard);
        int epoch = current.map(entry -> owner(entry).epoch() + 1).orElse(1);
        TxnResult taken = store.commit(Txn.builder()
                .require(key, current.map(Entry::version).orElse(Txn.ABSENT))
                .put(key, write(new Owner(epoch, brokerId, incarnation)))
                .build());
        return taken.applied() ? Optional.of(new Claim(shard, epoch, key, taken.revision())) : Optional.empty();
    }

    /** Gives the shard up, so that another broker need not wait until this one is gone. Somebody may have it already. */
    void release(Claim claim) {
        store.commit(Txn.builder()
                .require(claim.key(), claim.version())
                .put(claim.key(), write(new Owner(claim.epoch(), NOBODY, incarnation)))
                .build());
    }

    static String key(int shard) {
        return PREFIX + shard + EPOCH;
    }

    /** The shard whose owner the key holds, or -1 when it is another key. */
    static int shard(String key) {
        return key.endsWith(EPOCH)
                ? Integer.parseInt(key.substring(PREFIX.length(), key.length() - EPOCH.length()))
                : -1;
    }

    private Optional<Entry> current(int shard) {
        return store.get(key(shard));
    }

    private static byte[] write(Owner owner) {
        try {
            return JSON.writeValueAsBytes(owner);
        } catch (IOException e) {
            throw new UncheckedIOException("an owner is always JSON", e);
        }
    }

    static Owner owner(Entry entry) {
        try {
            return JSON.readValue(entry.value(), Owner.class);
        } catch (IOException e) {
            throw new GroupException("the value of key " + entry.key() + " in the metadata store is damaged", e);
        }
    }
}
