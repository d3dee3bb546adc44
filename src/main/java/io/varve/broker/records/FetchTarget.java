package io.varve.broker.records;

import io.varve.log.FetchSource;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.jspecify.annotations.Nullable;

/**
 * One partition of a fetch.
 *
 * @param source null when {@code error} says why it cannot be read
 * @param preferred the broker that the consumer is told to read from instead (KIP-392), or {@link #HERE}
 */
record FetchTarget(
        TopicIdPartition id,
        FetchRequest.PartitionData wanted,
        @Nullable FetchSource source,
        Errors error,
        int preferred) {
    static final int HERE = FetchResponse.INVALID_PREFERRED_REPLICA_ID;

    static FetchTarget of(TopicIdPartition id, FetchRequest.PartitionData wanted, FetchSource source) {
        return new FetchTarget(id, wanted, source, Errors.NONE, HERE);
    }

    static FetchTarget failed(TopicIdPartition id, FetchRequest.PartitionData wanted, Errors error) {
        return new FetchTarget(id, wanted, null, error, HERE);
    }

    long offset() {
        return wanted.fetchOffset;
    }
}
