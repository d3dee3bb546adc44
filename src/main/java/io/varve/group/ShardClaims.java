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
import org.jboss.logging.Logger;

/**
 * Who owns which shard: one key a shard, {@code shards/<n>/epoch}, with an epoch that grows with every claim (rule 2). Blocks on the store;
 * its exceptions pass through. Thread-safe.
 */
final class ShardClaims {
    private static final Logger LOG = Logger.getLogger(ShardClaims.class);
    private static final String COUNT = "shards/count";
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
    private record Owner(int epoch, int broker, String incarnation) {}

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

    /** Takes the shard, whoever has it. Empty: somebody else was quicker this time. */
    Optional<Claim> take(int shard) {
        return claim(shard, current(shard));
    }

    /** Whether somebody else has claimed the shard since we did. */
    boolean isTakenOver(int shard) {
        return isOthers(current(shard));
    }

    /** Takes the shard again under the next epoch unless somebody else has it. Empty: somebody has, or took it this moment. */
    Optional<Claim> renew(int shard) {
        Optional<Entry> current = current(shard);
        return isOthers(current) ? Optional.empty() : claim(shard, current);
    }

    private boolean isOthers(Optional<Entry> current) {
        return current.isPresent() && !owner(current.get()).incarnation().equals(incarnation);
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

    static String key(int shard) {
        return "shards/" + shard + "/epoch";
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

    private static Owner owner(Entry entry) {
        try {
            return JSON.readValue(entry.value(), Owner.class);
        } catch (IOException e) {
            throw new GroupException("the value of key " + entry.key() + " in the metadata store is damaged", e);
        }
    }
}
