package io.varve.broker.records;

import io.varve.cluster.PartitionId;
import io.varve.log.FetchSource;
import io.varve.log.ReadAnywhere;
import java.util.Optional;

/** Where a fetch of a partition that this broker does not own may be answered from. Never blocks. */
@FunctionalInterface
interface Elsewhere {

    /**
     * @param rack the consumer's, empty when it names none
     * @return empty when only the owner may answer
     */
    Optional<FetchSource> find(PartitionId id, long offset, String rack);

    /** Clients are told who owns what: only those that name their rack can have been sent to a member (KIP-392). */
    static Elsewhere ofMembers(ReadAnywhere anywhere) {
        return (id, offset, rack) -> rack.isEmpty() ? Optional.empty() : anywhere.asMember(id, offset);
    }

    /** Clients know one address only: whatever is sealed and can be reached is read here. */
    static Elsewhere ofAll(ReadAnywhere anywhere) {
        return (id, offset, _) -> anywhere.find(id, offset);
    }
}
