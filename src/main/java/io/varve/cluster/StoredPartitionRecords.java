package io.varve.cluster;

import io.varve.metadata.Entry;
import io.varve.metadata.MetadataException;
import io.varve.metadata.MetadataStore;
import io.varve.metadata.Txn;
import io.varve.metadata.TxnResult;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.jspecify.annotations.Nullable;

/** Partition records as JSON under {@code partitions/<topic id>/<partition>}. */
public final class StoredPartitionRecords implements PartitionRecords {
    static final String PREFIX = "partitions/";

    /** A change that keeps losing or keeps ending unknown is given back to the caller after this many tries. */
    private static final int MAX_TRIES = 20;

    /** More than this many records of one topic are listed rather than read one by one. */
    private static final int FEW = 16;

    private final MetadataStore store;

    public StoredPartitionRecords(MetadataStore store) {
        this.store = store;
    }

    static String key(PartitionId id) {
        return PREFIX + id.topicId() + "/" + id.partition();
    }

    /** @throws ClusterException when the key is not one of a partition */
    static PartitionId id(String key) {
        String[] parts = key.substring(PREFIX.length()).split("/", 2);
        try {
            return new PartitionId(Uuid.fromString(parts[0]), Integer.parseInt(parts[1]));
        } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
            throw new ClusterException(
                    "the key " + key + " in the metadata store is not one of a partition: remove it");
        }
    }

    @Override
    public Optional<Versioned> get(PartitionId id) {
        return store.get(key(id)).map(StoredPartitionRecords::decode);
    }

    @Override
    public Map<PartitionId, Versioned> all() {
        return list(PREFIX);
    }

    private Map<PartitionId, Versioned> list(String prefix) {
        Map<PartitionId, Versioned> records = new HashMap<>();
        for (Entry entry : store.range(prefix).entries()) {
            records.put(id(entry.key()), decode(entry));
        }
        return records;
    }

    @Override
    public Map<PartitionId, Versioned> get(List<PartitionId> ids) {
        Map<PartitionId, Versioned> records = new HashMap<>();
        Map<Uuid, List<PartitionId>> byTopic = ids.stream().collect(Collectors.groupingBy(PartitionId::topicId));
        byTopic.forEach((topicId, wanted) -> {
            if (wanted.size() > FEW) {
                Map<PartitionId, Versioned> listed = list(PREFIX + topicId + "/");
                listed.keySet().retainAll(Set.copyOf(wanted));
                records.putAll(listed);
            } else {
                wanted.forEach(id -> get(id).ifPresent(record -> records.put(id, record)));
            }
        });
        return records;
    }

    private static Versioned decode(Entry entry) {
        return new Versioned(Json.read(entry, PartitionRecord.class, PartitionRecord.VERSION), entry.version());
    }

    @Override
    public Optional<Versioned> compareAndSet(PartitionId id, long expectedVersion, PartitionRecord next) {
        return compareAndSet(id, expectedVersion, next, Txn.builder());
    }

    private Optional<Versioned> compareAndSet(
            PartitionId id, long expectedVersion, PartitionRecord next, Txn.Builder condition) {
        TxnResult result = store.commit(condition
                .require(key(id), expectedVersion)
                .put(key(id), Json.write(next))
                .build());
        return result.applied() ? Optional.of(new Versioned(next, result.revision())) : Optional.empty();
    }

    @Override
    public Optional<Versioned> update(PartitionId id, UnaryOperator<@Nullable PartitionRecord> change) {
        return update(id, change, Txn::builder);
    }

    @Override
    public Optional<Versioned> updateUnlessRegistered(
            int broker, PartitionId id, UnaryOperator<@Nullable PartitionRecord> change) {
        return update(
                id,
                record -> {
                    if (isRegistered(broker)) {
                        throw new NotLeaderOrFollowerException(
                                "partition " + id + " is not taken over: broker " + broker + ", its owner, lives");
                    }
                    return change.apply(record);
                },
                () -> Txn.builder().require(BrokerRegistration.PREFIX + broker, Txn.ABSENT));
    }

    @Override
    public boolean isRegistered(int broker) {
        return store.get(BrokerRegistration.PREFIX + broker).isPresent();
    }

    /** @param condition what else must hold when it is written */
    private Optional<Versioned> update(
            PartitionId id, UnaryOperator<@Nullable PartitionRecord> change, Supplier<Txn.Builder> condition) {
        for (int attempt = 1; ; attempt++) {
            Optional<Versioned> current = get(id);
            PartitionRecord before = current.map(Versioned::record).orElse(null);
            PartitionRecord after = change.apply(before);
            if (after == null || after.equals(before)) {
                return current;
            }
            try {
                Optional<Versioned> swapped =
                        compareAndSet(id, current.map(Versioned::version).orElse(Txn.ABSENT), after, condition.get());
                if (swapped.isPresent()) {
                    return swapped;
                }
            } catch (MetadataException e) {
                if (e.kind() != MetadataException.Kind.OUTCOME_UNKNOWN || attempt >= MAX_TRIES) {
                    throw e;
                }
            }
            if (attempt >= MAX_TRIES) {
                throw new MetadataException(
                        MetadataException.Kind.UNAVAILABLE,
                        "the record of partition " + id + " keeps changing: gave up after " + attempt + " tries",
                        null);
            }
        }
    }
}
