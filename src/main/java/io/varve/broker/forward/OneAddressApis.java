package io.varve.broker.forward;

import io.varve.broker.Apis;
import io.varve.broker.RequestHandler;
import io.varve.replica.Forwarder;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ScheduledExecutorService;
import org.apache.kafka.common.protocol.ApiKeys;

/** The handlers of the one-address listener, in front of those of the broker's own listener. */
public final class OneAddressApis {
    private OneAddressApis() {}

    /**
     * @param local the handlers for what is this broker's; APIs about neither partitions nor groups are theirs alone
     * @param fetch reads what is this broker's, and what it can read of others' partitions
     * @param node what clients are told of the cluster
     */
    public static Apis of(
            Apis local,
            RequestHandler fetch,
            OneNode node,
            Whereabouts where,
            Forwarder forwarder,
            ScheduledExecutorService timer) {
        Delivery delivery =
                new Delivery(api -> api == ApiKeys.FETCH ? fetch : local.handler(api), where.self(), forwarder);
        Map<ApiKeys, RequestHandler> own = new EnumMap<>(ApiKeys.class);
        own.put(ApiKeys.METADATA, node.metadata(local));
        own.put(ApiKeys.DESCRIBE_CLUSTER, node.describeCluster(local));
        own.put(ApiKeys.DESCRIBE_TOPIC_PARTITIONS, node.describeTopicPartitions(local));
        own.put(ApiKeys.FIND_COORDINATOR, node.findCoordinator(local));
        own.put(ApiKeys.DESCRIBE_CONFIGS, node.describeConfigs(local, where.self()));
        own.put(ApiKeys.FETCH, new FetchForwarding(where, delivery, timer));
        Map<ApiKeys, Split> splits = new EnumMap<>(ApiKeys.class);
        splits.put(ApiKeys.PRODUCE, RecordSplits.produce(where));
        splits.put(ApiKeys.LIST_OFFSETS, RecordSplits.listOffsets(where));
        splits.put(ApiKeys.DELETE_RECORDS, RecordSplits.deleteRecords(where));
        splits.put(ApiKeys.OFFSET_FOR_LEADER_EPOCH, RecordSplits.offsetForLeaderEpoch(where));
        splits.put(ApiKeys.DESCRIBE_PRODUCERS, RecordSplits.describeProducers(where));
        splits.putAll(GroupSplits.all(where));
        splits.put(ApiKeys.LIST_GROUPS, EveryBroker.groups(where));
        splits.put(ApiKeys.DESCRIBE_LOG_DIRS, EveryBroker.logDirs(where));
        splits.forEach((api, split) -> own.put(api, new SplitHandler(split, delivery)));
        Apis.Builder apis = Apis.builder();
        for (ApiKeys api : local.supported()) {
            RequestHandler handler = own.containsKey(api) ? own.get(api) : local.handler(api);
            apis.serve(api, Objects.requireNonNull(handler));
        }
        return apis.build();
    }
}
