package io.varve.broker.records;

import io.varve.log.Partition;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FetchRequest;
import org.jspecify.annotations.Nullable;

/**
 * One partition of a fetch.
 *
 * @param partition null when {@code error} says why it cannot be read
 */
record FetchTarget(
        TopicIdPartition id,
        FetchRequest.PartitionData wanted,
        @Nullable Partition partition,
        Errors error) {

    static FetchTarget failed(TopicIdPartition id, FetchRequest.PartitionData wanted, Errors error) {
        return new FetchTarget(id, wanted, null, error);
    }

    long offset() {
        return wanted.fetchOffset;
    }
}
