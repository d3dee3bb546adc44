package io.varve.group;

import io.varve.cluster.TopicRegistry;
import io.varve.metadata.MetadataStore;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.coordinator.group.GroupConfig;
import org.apache.kafka.coordinator.group.GroupConfigManager;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.group.GroupCoordinatorService;
import org.apache.kafka.coordinator.group.metrics.GroupCoordinatorMetrics;
import org.apache.kafka.coordinator.group.metrics.GroupCoordinatorRuntimeMetrics;
import org.apache.kafka.coordinator.group.modern.share.ShareGroupConfig;
import org.apache.kafka.server.share.persister.NoOpStatePersister;
import org.apache.kafka.server.util.PartitionMetadataClient;
import org.apache.kafka.server.util.timer.SystemTimer;
import org.apache.kafka.server.util.timer.SystemTimerReaper;

/** Kafka's group coordinator with everything it stands on. Thread-safe. */
public final class GroupService implements AutoCloseable {
    private final GroupCoordinatorService coordinator;
    private final GroupCoordinatorConfig config;
    private final ShareGroupConfig shareConfig;
    private final GroupConfigManager configManager;
    private final GroupConfigStore configStore;
    private final Shards shards;
    private final Metrics metrics;
    private final BooleanSupplier mayServe;

    /**
     * What the coordinator works with.
     *
     * @param settings broker settings for groups, by Kafka's names; {@code offsets.topic.num.partitions} is the number of shards
     * @param mayServe whether this broker's lease certainly holds: nothing is answered from memory without it (rule 4)
     */
    public record Dependencies(
            MetadataStore store,
            TopicRegistry topics,
            int brokerId,
            Map<String, String> settings,
            BooleanSupplier mayServe,
            Executor blocking,
            Time time) {}

    /** Starts the coordinator and takes all shards over. Blocks on the store. */
    public static GroupService start(Dependencies needs) {
        GroupService service = new GroupService(needs);
        service.coordinator.startup(service.config::offsetsTopicPartitions);
        needs.topics().addListener(new TopicImage(service.coordinator::onMetadataUpdate));
        service.configStore
                .all()
                .forEach((group, configs) -> service.coordinator.updateGroupConfig(group, properties(configs)));
        service.shards.start(service.coordinator, service.config.offsetsTopicPartitions());
        return service;
    }

    private GroupService(Dependencies needs) {
        AbstractConfig settings = new AbstractConfig(
                Utils.mergeConfigs(List.of(GroupCoordinatorConfig.CONFIG_DEF, ShareGroupConfig.CONFIG_DEF)),
                needs.settings(),
                false);
        mayServe = needs.mayServe();
        metrics = new Metrics();
        config = new GroupCoordinatorConfig(settings);
        shareConfig = new ShareGroupConfig(settings);
        configManager = new GroupConfigManager(defaultGroupConfigs(), config, shareConfig);
        configStore = new GroupConfigStore(needs.store());
        StorePartitionWriter writer = new StorePartitionWriter();
        shards = new Shards(needs.store(), writer, needs.brokerId(), needs.blocking(), needs.time());
        coordinator = new GroupCoordinatorService.Builder(needs.brokerId(), config)
                .withTime(needs.time())
                .withTimer(new SystemTimerReaper("varve-group-timer", new SystemTimer("varve-group")))
                .withLoader(new StoreCoordinatorLoader(
                        needs.store(), writer, needs.blocking(), needs.time(), shards::failed))
                .withWriter(writer)
                .withCoordinatorRuntimeMetrics(new GroupCoordinatorRuntimeMetrics(metrics))
                .withGroupCoordinatorMetrics(
                        new GroupCoordinatorMetrics(new com.yammer.metrics.core.MetricsRegistry(), metrics))
                .withGroupConfigManager(configManager)
                .withPersister(new NoOpStatePersister())
                .withAuthorizerPlugin(Optional.empty())
                .withPartitionMetadataClient(new NoShareGroups())
                .build();
    }

    /** Asked for by share groups only, which are not served. */
    private static final class NoShareGroups implements PartitionMetadataClient {
        @Override
        public Map<TopicPartition, CompletableFuture<OffsetResponse>> listLatestOffsets(
                Set<TopicPartition> partitions) {
            Map<TopicPartition, CompletableFuture<OffsetResponse>> answers = new HashMap<>();
            partitions.forEach(partition -> answers.put(
                    partition, CompletableFuture.completedFuture(new OffsetResponse(-1, Errors.UNSUPPORTED_VERSION))));
            return answers;
        }

        @Override
        public void close() {}
    }

    /** The coordinator's own interface. */
    public GroupCoordinator coordinator() {
        return coordinator;
    }

    /** Whether reads may be answered from memory now. */
    public boolean mayServe() {
        return mayServe.getAsBoolean();
    }

    /** What applies to groups that have nothing set. */
    public Map<String, String> defaultConfigs() {
        Map<String, String> defaults = new TreeMap<>();
        defaultGroupConfigs().forEach((name, value) -> defaults.put(name, String.valueOf(value)));
        return defaults;
    }

    private Map<String, Object> defaultGroupConfigs() {
        Map<String, Object> defaults = new HashMap<>();
        defaults.putAll(config.extractConsumerGroupConfigMap());
        defaults.putAll(config.extractShareGroupConfigMap(shareConfig));
        defaults.putAll(config.extractStreamsGroupConfigMap());
        return defaults;
    }

    /** What is set for a group itself. Blocks on the store. */
    public Map<String, String> configs(String group) {
        return configStore.get(group);
    }

    /**
     * Replaces what is set for a group. Blocks on the store.
     *
     * @throws org.apache.kafka.common.errors.InvalidConfigurationException when a name or value is bad
     */
    public void setConfigs(String group, Map<String, String> configs, boolean validateOnly) {
        GroupConfig.validate(configs, config, shareConfig);
        if (!validateOnly) {
            configStore.set(group, configs);
            coordinator.updateGroupConfig(group, properties(configs));
        }
    }

    private static Properties properties(Map<String, String> configs) {
        Properties properties = new Properties();
        properties.putAll(configs);
        return properties;
    }

    @Override
    public void close() {
        shards.close();
        coordinator.shutdown();
        configManager.close();
        metrics.close();
    }
}
