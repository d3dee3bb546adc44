package io.varve.cluster;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Partition records in the metadata store, by compare-and-swap only (rule 1). Blocks on the store. Thread-safe.
 *
 * <p>Keys: {@code partitions/<topic id>/<partition>}.
 */
public interface PartitionRecords {

    /** A record with the version a compare-and-swap needs. */
    record Versioned(PartitionRecord record, long version) {}

    Optional<Versioned> get(PartitionId id);

    /** The record by itself, if there is one. */
    default Optional<PartitionRecord> getRecord(PartitionId id) {
        return get(id).map(Versioned::record);
    }

    /** Every record; for start-up, the sweeper and tools. */
    Map<PartitionId, Versioned> all();

    /** The records of {@code ids} that exist. */
    Map<PartitionId, Versioned> get(List<PartitionId> ids);

    /**
     * Replaces the record when it is still at {@code expectedVersion} ({@link io.varve.metadata.Txn#ABSENT}: when there is none).
     *
     * @return the new version, or empty when somebody else was first
     */
    Optional<Versioned> compareAndSet(PartitionId id, long expectedVersion, PartitionRecord next);

    /**
     * Applies {@code change} to the newest record until the swap succeeds, reading again after a conflict or an unknown outcome.
     * {@code change} gets null where there is no record, may return its argument to leave it alone, and may throw to stop; it must
     * be safe to apply again to a record that already holds it.
     *
     * @return the record as it now stands, or empty when there is none and {@code change} left it so
     */
    Optional<Versioned> update(PartitionId id, UnaryOperator<@Nullable PartitionRecord> change);

    /**
     * As {@link #update}, in one step with the check that {@code broker} has no registration: a take-over. As long as an owner is registered its lease
     * vouches for what it serves (rule 4), and who takes it for gone may have heard of an earlier life only.
     *
     * @throws org.apache.kafka.common.errors.NotLeaderOrFollowerException when it is registered
     */
    Optional<Versioned> updateUnlessRegistered(
            int broker, PartitionId id, UnaryOperator<@Nullable PartitionRecord> change);

    /** Whether the broker has a registration, as the store has it: what is known here may be late. */
    boolean isRegistered(int broker);
}
