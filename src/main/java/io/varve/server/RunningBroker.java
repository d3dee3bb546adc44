package io.varve.server;

import io.varve.broker.Apis;
import io.varve.broker.RecordService;
import io.varve.cluster.Leadership;
import io.varve.cluster.PlacementView;
import io.varve.cluster.TopicRegistry;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A serving broker as HTTP sees it.
 *
 * @param clusterId as clients are told
 * @param brokerId of this broker
 * @param kafkaAddress {@code host:port} that clients are told to connect to
 * @param topics what topics there are
 * @param leadership who serves their partitions
 * @param records appends and reads
 * @param apis the handlers behind the Kafka port: what changes topics goes through the same checks from HTTP
 * @param placement where partitions are and why; null for a broker that is not one of a cluster
 * @param blocking runs each task on a virtual thread of its own
 */
public record RunningBroker(
        String clusterId,
        int brokerId,
        String kafkaAddress,
        TopicRegistry topics,
        Leadership leadership,
        RecordService records,
        Apis apis,
        @Nullable PlacementView placement,
        Executor blocking) {}
