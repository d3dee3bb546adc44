package io.varve.broker.records;

import io.varve.broker.Apis;
import io.varve.broker.RequestHandler;
import io.varve.cluster.ClusterView;
import io.varve.cluster.TopicRegistry;
import io.varve.log.DiskSpace;
import io.varve.log.Partitions;
import io.varve.log.ReadAnywhere;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.LongSupplier;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.FetchManager;
import org.apache.kafka.server.FetchSession.FetchSessionCache;
import org.apache.kafka.server.FetchSessionCacheShard;

/** Puts the handlers of the record APIs together. */
public final class RecordApis {
    private static final int SESSION_SHARDS = 8;

    /** A session may be evicted for a larger one after this long, as in Kafka. */
    private static final long SESSION_EVICTION_MILLIS = 120_000;

    private RecordApis() {}

    /**
     * Bounds of fetches.
     *
     * @param maxBytes on one response's records ({@code fetch.max.bytes})
     * @param sessionSlots incremental fetch sessions kept ({@code max.incremental.fetch.session.cache.slots})
     * @param coldBudgetBytes records from the object store that may be in memory at once
     */
    public record FetchLimits(int maxBytes, int sessionSlots, long coldBudgetBytes) {}

    /** What the handlers work with. */
    public record Parts(
            TopicRegistry topics,
            Partitions partitions,
            ClusterView cluster,
            DiskSpace disk,
            Path dataDirectory,
            LongSupplier producerIds,
            Executor blocking,
            ScheduledExecutorService timer,
            Time time) {}

    /** Adds the handlers to {@code apis}. */
    public static void register(Apis.Builder apis, Parts parts, FetchLimits limits) {
        PartitionLookup lookup = new PartitionLookup(parts.topics(), parts.partitions());
        Elsewhere members = Elsewhere.ofMembers(parts.partitions().anywhere());
        apis.serve(ApiKeys.PRODUCE, new ProduceHandler(lookup, parts.disk()))
                .serve(ApiKeys.FETCH, fetch(parts, limits, new ReadReplicas(parts.cluster()), members))
                .serve(ApiKeys.LIST_OFFSETS, new ListOffsetsHandler(lookup))
                .serve(ApiKeys.DELETE_RECORDS, new DeleteRecordsHandler(lookup))
                .serve(ApiKeys.OFFSET_FOR_LEADER_EPOCH, new OffsetForLeaderEpochHandler(lookup))
                .serve(ApiKeys.DESCRIBE_LOG_DIRS, new DescribeLogDirsHandler(parts.partitions(), parts.dataDirectory()))
                .serve(ApiKeys.DESCRIBE_PRODUCERS, new DescribeProducersHandler(lookup))
                .serve(ApiKeys.INIT_PRODUCER_ID, new InitProducerIdHandler(parts.producerIds()));
    }

    /**
     * A handler of Fetch for a listener on which every broker answers for everything: reads what this broker owns and what {@link ReadAnywhere#find}
     * finds, sends nobody elsewhere, and answers NOT_LEADER_OR_FOLLOWER for the rest, which is the owner's to read. It has fetch sessions and a
     * budget of memory for cold reads of its own.
     */
    public static RequestHandler fetchAnywhere(Parts parts, FetchLimits limits) {
        return fetch(
                parts,
                limits,
                ReadReplicas.NONE,
                Elsewhere.ofAll(parts.partitions().anywhere()));
    }

    private static FetchHandler fetch(Parts parts, FetchLimits limits, ReadReplicas replicas, Elsewhere elsewhere) {
        return new FetchHandler(
                new PartitionLookup(parts.topics(), parts.partitions()),
                replicas,
                elsewhere,
                sessions(parts.time(), limits),
                new FetchReader(parts.blocking(), limits.coldBudgetBytes()),
                parts.timer(),
                limits.maxBytes());
    }

    private static FetchManager sessions(Time time, FetchLimits limits) {
        int slots = Math.max(1, limits.sessionSlots() / SESSION_SHARDS);
        int idsPerShard = Integer.MAX_VALUE / SESSION_SHARDS;
        List<FetchSessionCacheShard> shards = new ArrayList<>();
        for (int shard = 0; shard < SESSION_SHARDS; shard++) {
            shards.add(new FetchSessionCacheShard(slots, SESSION_EVICTION_MILLIS, idsPerShard, shard));
        }
        return new FetchManager(time, new FetchSessionCache(shards));
    }
}
