package io.varve.group;

import com.yammer.metrics.core.MetricsRegistry;
import io.micrometer.core.instrument.MeterRegistry;
import io.varve.cluster.ClusterView;
import io.varve.cluster.TopicRegistry;
import io.varve.metadata.MetadataStore;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.coordinator.group.GroupConfigManager;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.group.GroupCoordinatorService;
import org.apache.kafka.coordinator.group.metrics.GroupCoordinatorMetrics;
import org.apache.kafka.coordinator.group.metrics.GroupCoordinatorRuntimeMetrics;
import org.apache.kafka.coordinator.group.modern.share.ShareGroupConfig;
import org.apache.kafka.server.share.persister.NoOpStatePersister;
import org.apache.kafka.server.util.timer.SystemTimer;
import org.apache.kafka.server.util.timer.SystemTimerReaper;

/**
 * Kafka's group coordinator with everything it stands on. Thread-safe.
 *
 * <p>{@link #start} returns at once; until {@link #problem} is empty some groups answer COORDINATOR_LOAD_IN_PROGRESS or NOT_COORDINATOR,
 * which clients retry. Shards are divided over the live brokers ({@link io.varve.cluster.Placement#shardOwner}); one is taken over when its
 * owner has given it up or its lease is over, so that nothing stale is read from the owner's memory (rule 4). Writes need no such care.
 */
public final class GroupService implements AutoCloseable {
    /**
     * The coordinator would gather the changes of several groups into one batch, which then is all or nothing and may be larger than a
     * transaction of the store. Changes are gathered by {@link ShardWriter}, where they stay apart.
     */
    private static final String NO_LINGER = "0";

    private final GroupCoordinatorService coordinator;
    private final GroupConfigs configs;
    private final ShardMap map;
    private final Shards shards;
    private final Metrics metrics = new Metrics();
    private final BooleanSupplier mayServe;
    private final ExecutorService topicUpdates;
    private final StorePartitionWriter writer = new StorePartitionWriter();
    private final GroupMetrics groupMetrics;
    private final int count;

    /**
     * What the coordinator works with.
     *
     * @param settings broker settings for groups, by Kafka's names; {@code offsets.topic.num.partitions} is the number of shards of a new
     *     cluster, later it is what it was at first
     * @param mayServe whether this broker's lease certainly holds: nothing is answered from memory without it (rule 4)
     * @param blocking runs each task on a virtual thread of its own
     */
    public record Dependencies(
            MetadataStore store,
            TopicRegistry topics,
            ClusterView cluster,
            Map<String, String> settings,
            BooleanSupplier mayServe,
            Executor blocking,
            Time time,
            MeterRegistry meters) {}

    /**
     * Starts the coordinator, and to claim and load the shards that are for this broker. Blocks on the store.
     *
     * @throws io.varve.metadata.MetadataException when the store does not answer
     */
    public static GroupService start(Dependencies needs) {
        ShardClaims claims = new ShardClaims(
                needs.store(), needs.cluster().self(), Uuid.randomUuid().toString());
        GroupService service = new GroupService(needs, claims);
        try {
            service.startUp(needs, claims);
            return service;
        } catch (RuntimeException e) {
            service.close();
            throw e;
        }
    }

    private GroupService(Dependencies needs, ShardClaims claims) {
        Map<String, String> given = new HashMap<>(needs.settings());
        given.putIfAbsent(GroupCoordinatorConfig.GROUP_COORDINATOR_APPEND_LINGER_MS_CONFIG, NO_LINGER);
        AbstractConfig settings = new AbstractConfig(
                Utils.mergeConfigs(List.of(GroupCoordinatorConfig.CONFIG_DEF, ShareGroupConfig.CONFIG_DEF)),
                given,
                false);
        GroupCoordinatorConfig config = new GroupCoordinatorConfig(settings);
        ShareGroupConfig shareConfig = new ShareGroupConfig(settings);
        count = claims.establishCount(config.offsetsTopicPartitions());
        map = new ShardMap(needs.store(), needs.cluster());
        shards = new Shards(count, map);
        mayServe = needs.mayServe();
        groupMetrics = new GroupMetrics(needs.meters());
        groupMetrics.serving(shards::serving);
        Map<String, Object> defaults = GroupConfigs.defaults(config, shareConfig);
        coordinator = new GroupCoordinatorService.Builder(needs.cluster().self(), config)
                .withTime(needs.time())
                .withTimer(new SystemTimerReaper("varve-group-timer", new SystemTimer("varve-group")))
                .withLoader(
                        new StoreCoordinatorLoader(needs.store(), writer, needs.blocking(), needs.time(), groupMetrics))
                .withWriter(writer)
                .withCoordinatorRuntimeMetrics(new GroupCoordinatorRuntimeMetrics(metrics))
                .withGroupCoordinatorMetrics(new GroupCoordinatorMetrics(new MetricsRegistry(), metrics))
                .withGroupConfigManager(new GroupConfigManager(defaults, config, shareConfig))
                .withPersister(new NoOpStatePersister())
                .withAuthorizerPlugin(Optional.empty())
                .withPartitionMetadataClient(new NoShareGroups())
                .build();
        configs = new GroupConfigs(needs.store(), coordinator, config, shareConfig);
        topicUpdates = new ThreadPoolExecutor(
                1,
                1,
                0,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofVirtual().name("group-topics").factory(),
                // Topics go on changing while this closes.
                new ThreadPoolExecutor.DiscardPolicy());
    }

    private void startUp(Dependencies needs, ShardClaims claims) {
        coordinator.startup(() -> count);
        configs.load();
        needs.topics().addListener(new TopicImage(coordinator::onMetadataUpdate, topicUpdates));
        // After the topics that exist: a group that is loaded without its topics would take their partitions from its
        // members.
        topicUpdates.execute(() -> {
            for (int shard = 0; shard < count; shard++) {
                ShardKeeper keeper = new ShardKeeper(
                        shard, coordinator, map, claims, writer, needs.store(), needs.time(), groupMetrics);
                shards.start(keeper, needs.blocking());
            }
        });
    }

    /** The coordinator's own interface. */
    public GroupCoordinator coordinator() {
        return coordinator;
    }

    /** Dynamic configs of groups. */
    public GroupConfigs configs() {
        return configs;
    }

    /** The shard that a group is in. */
    public int shardOf(String group) {
        return coordinator.partitionFor(group);
    }

    /** The live broker that has the shard; empty while nobody has. */
    public OptionalInt coordinatorOf(int shard) {
        return map.ownerOf(shard);
    }

    /** Whether this broker has loaded the shard and serves it. */
    public boolean isServing(int shard) {
        return shards.isServing(shard);
    }

    /** Whether reads may be answered from memory now. What was read before this said yes was right when it was read. */
    public boolean mayServe() {
        return mayServe.getAsBoolean();
    }

    /** What keeps some groups from being served, in words for the operator; empty when all are. Never blocks. */
    public Optional<String> problem() {
        return shards.problem();
    }

    /** Stops serving. Changes that the store has not confirmed are not acknowledged; they may have been made or not. */
    @Override
    public void close() {
        topicUpdates.shutdownNow();
        shards.close();
        map.close();
        coordinator.shutdown();
        metrics.close();
    }
}
