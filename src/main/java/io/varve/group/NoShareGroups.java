package io.varve.group;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.server.util.PartitionMetadataClient;

/** Asked by the coordinator for share groups only, which are not served. */
final class NoShareGroups implements PartitionMetadataClient {
    private static final long NO_OFFSET = -1;

    @Override
    public Map<TopicPartition, CompletableFuture<OffsetResponse>> listLatestOffsets(Set<TopicPartition> partitions) {
        Map<TopicPartition, CompletableFuture<OffsetResponse>> answers = new HashMap<>();
        partitions.forEach(partition -> answers.put(
                partition,
                CompletableFuture.completedFuture(new OffsetResponse(NO_OFFSET, Errors.UNSUPPORTED_VERSION))));
        return answers;
    }

    @Override
    public void close() {}
}
