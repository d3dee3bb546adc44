package io.varve.server;

import io.micrometer.core.instrument.MeterRegistry;
import io.varve.broker.Apis;
import io.varve.broker.RequestHandler;
import io.varve.broker.admin.AdminApis;
import io.varve.broker.admin.TopicAdmin;
import io.varve.broker.forward.ForwardedRequests;
import io.varve.broker.forward.OneAddressApis;
import io.varve.broker.forward.OneNode;
import io.varve.broker.forward.Whereabouts;
import io.varve.broker.records.LocalRecordService;
import io.varve.broker.records.PartitionLookup;
import io.varve.broker.records.RecordApis;
import io.varve.cluster.BrokerDefaults;
import io.varve.cluster.BrokerIds;
import io.varve.cluster.BrokerRegistration;
import io.varve.cluster.BrokerRegistration.Announcement;
import io.varve.cluster.BrokerRegistration.Phase;
import io.varve.cluster.ClusterIdentity;
import io.varve.cluster.InternalAddress;
import io.varve.cluster.LiveBrokers;
import io.varve.cluster.Owners;
import io.varve.cluster.PartitionMap;
import io.varve.cluster.PartitionRecord.Member;
import io.varve.cluster.PartitionRecords;
import io.varve.cluster.ProducerIds;
import io.varve.cluster.SharedSecret;
import io.varve.cluster.StoredPartitionRecords;
import io.varve.cluster.StoredTopicRegistry;
import io.varve.cluster.TopicConfigs;
import io.varve.config.ConfigLoader;
import io.varve.config.ConfigLoader.Mode;
import io.varve.config.HostPort;
import io.varve.config.VarveConfig;
import io.varve.group.GroupService;
import io.varve.log.Boot;
import io.varve.log.DiskIdentity;
import io.varve.log.DiskSpace;
import io.varve.log.LogSettings;
import io.varve.log.Partitions;
import io.varve.metadata.MetadataStore;
import io.varve.observe.HealthSource;
import io.varve.replica.DeathCheck;
import io.varve.replica.Forwarder;
import io.varve.replica.Identity;
import io.varve.replica.ReplicaSettings;
import io.varve.server.AssembledBroker.BrokerParts;
import io.varve.tier.ClusterObjectStore;
import io.varve.tier.Sweeper;
import io.varve.wire.ApiVersionsHandler;
import io.varve.wire.KafkaServer;
import io.varve.wire.WireSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.utils.Time;

/** Makes and connects the parts of a broker, bottom up. Used once. */
final class BrokerAssembly {
    private static final Duration DISK_CHECK = Duration.ofSeconds(1);
    private static final Duration STORE_CHECK = Duration.ofSeconds(10);
    private static final Duration HEALTH_CHECK = Duration.ofSeconds(2);
    private static final Duration MAINTENANCE = Duration.ofSeconds(10);
    private static final Duration HAND_OVERS = Duration.ofMillis(500);
    private static final long COLD_BUDGET_BYTES = 64L << 20;

    private final Mode mode;
    private final VarveConfig config;
    private final Stores stores;
    private final MeterRegistry meters;
    private final Executor blocking;
    private final Keeper keeper;
    private final Consumer<String> waitingFor;
    private final Time time = Time.SYSTEM;

    /** Remembers what must be closed. */
    interface Keeper {
        <T extends AutoCloseable> T keep(T part);
    }

    BrokerAssembly(Launch launch, MeterRegistry meters, Executor blocking, Keeper keeper, Consumer<String> waitingFor) {
        this.mode = launch.mode();
        this.config = launch.config();
        this.stores = launch.stores();
        this.meters = meters;
        this.blocking = blocking;
        this.keeper = keeper;
        this.waitingFor = waitingFor;
    }

    BrokerParts assemble() throws StartupException, InterruptedException {
        BrokerDefaults defaults = new BrokerDefaults(config.kafka().config());
        MetadataStore metadata = keeper.keep(stores).metadata(waitingFor);
        String clusterId = ClusterIdentity.establish(metadata, configuredClusterId());
        Path directory = config.data().dir().toAbsolutePath();
        DiskIdentity disk = keeper.keep(claimDisk(metadata, clusterId, directory));
        waitingFor.accept("the object store");
        ClusterObjectStore objects = ObjectTier.claim(stores.objects(), clusterId, time, meters);
        HostPort listen = listenAddress();
        HostPort advertised = Addresses.advertised(listen, config.kafka().advertised(), "varve.kafka.advertised");
        ScheduledExecutorService timer = keepTimer();
        Replication replication = keeper.keep(Replication.listen(config, timer));
        Announcement announcement =
                announcement(advertised, disk, replication.address()).in(Phase.STARTING);
        BrokerRegistration registration = keeper.keep(register(metadata, announcement));
        LiveBrokers cluster = keeper.keep(new LiveBrokers(metadata, clusterId, registration, blocking));

        ObjectTier tier = keeper.keep(new ObjectTier(objects, config, time, meters));
        DiskSpace space = new DiskSpace(
                directory, config.data().throttleFreeBytes(), config.data().refuseFreeBytes(), meters);

        waitingFor.accept("the recovery of partitions");
        PartitionRecords records = new StoredPartitionRecords(metadata);
        StoredTopicRegistry topics = keeper.keep(new StoredTopicRegistry(metadata));
        topics.deleteOrphans();
        TopicConfigs topicConfigs = new TopicConfigs(defaults);
        PartitionMap map = keeper.keep(new PartitionMap(metadata));
        registration.beforeHeldAgain(map::refresh);
        Owners owners =
                new Owners(topics, map, cluster, topic -> topicConfigs.effective(topic).uncleanLeaderElectionEnable);
        Placing placing = keeper.keep(
                new Placing(metadata, config.placer(), registration, cluster, topics, owners, blocking, time));
        SecureRandom random = new SecureRandom();
        Identity identity = new Identity(
                clusterId,
                disk.broker(),
                disk.id(),
                announcement.incarnation(),
                SharedSecret.establish(metadata, config.internal().secret(), random));
        ReplicaSettings replica = replication.settings(identity, random, defaults.intValue("socket.request.max.bytes"));
        DeathCheck deaths = new DeathCheck(metadata, cluster, replication.network(), time);
        Partitions partitions = keeper.keep(Partitions.open(
                logSettings(directory, defaults),
                new Member(disk.broker(), disk.id()),
                topics,
                new Partitions.Dependencies(
                        time,
                        Boot.id(),
                        registration::isHeld,
                        blocking,
                        records,
                        owners,
                        replication.connect(replica, cluster),
                        copies -> replication.serve(replica, copies, deaths::onGone),
                        tier.segments,
                        tier.pages,
                        tier.offloader::submit,
                        tier.offloader::withdraw,
                        topicConfigs::effective,
                        space,
                        Thread.ofPlatform().name("varve-journal-", 0).factory(),
                        random,
                        meters)));

        waitingFor.accept("the group coordinator");
        GroupService groupService = keeper.keep(GroupService.start(new GroupService.Dependencies(
                metadata, topics, cluster, defaults.effective(), registration::isHeld, blocking, time, meters)));
        GroupParts groups = new GroupParts(groupService, topics, cluster);
        TopicAdmin admin = new TopicAdmin(topics, topicConfigs, defaults, cluster);
        Handled handled = new Handled(
                topics,
                topicConfigs,
                defaults,
                partitions,
                cluster,
                admin,
                space,
                directory,
                new ProducerIds(metadata),
                timer,
                groups);
        Apis apis = apis(handled);
        List<HealthSource> health = health(metadata, tier, partitions, space, registration, groupService);
        Background background = startBackground(metadata, clusterId, records, tier, partitions, space, health);
        replication.takeForwarded(new ForwardedRequests(apis, blocking));
        KafkaServer kafka = keeper.keep(
                KafkaServer.start(wireSettings(WireSettings.KAFKA, listen, defaults), apis, blocking, meters));
        Whereabouts where = new Whereabouts(
                cluster,
                topics,
                owners::ownerOf,
                group -> groupService.coordinatorOf(groupService.shardOf(group)),
                (partition, offset) ->
                        partitions.anywhere().find(partition, offset).isPresent());
        Optional<KafkaServer> oneAddress =
                oneAddress(handled, apis, where, () -> replication.forwardTo(cluster, replica, meters));
        RunningBroker running = new RunningBroker(
                clusterId,
                disk.broker(),
                advertised.host() + ":" + advertised.port(),
                topics,
                partitions,
                new LocalRecordService(new PartitionLookup(topics, partitions), blocking, timer, time),
                apis,
                placing.view(),
                blocking);
        placing.serving();
        placing.start(background, config.placer(), partitions);
        return new BrokerParts(kafka, oneAddress, placing, partitions, tier, apis, running, health);
    }

    private Optional<String> configuredClusterId() {
        String id = config.cluster().id();
        return mode == Mode.DEV && id.equals(ConfigLoader.DEV_CLUSTER) ? Optional.empty() : Optional.of(id);
    }

    /** The disk, and with it the broker's id: as configured, else as the disk remembers it, else a new one. */
    private DiskIdentity claimDisk(MetadataStore metadata, String clusterId, Path directory) {
        OptionalInt given = config.broker().id().given();
        DiskIdentity disk = given.isPresent()
                ? DiskIdentity.claim(directory, clusterId, given.getAsInt())
                : DiskIdentity.claim(directory, clusterId, fresh -> BrokerIds.assign(metadata, fresh));
        BrokerIds.keep(metadata, disk.broker(), disk.id());
        return disk;
    }

    /** Port 0 is settled now, since the registration has to name it. */
    private HostPort listenAddress() throws StartupException {
        HostPort listen = config.kafka().listen();
        if (listen.port() != 0) {
            return listen;
        }
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getByName(listen.host()))) {
            return new HostPort(listen.host(), free.getLocalPort());
        } catch (IOException e) {
            throw new StartupException(
                    "varve.kafka.listen: no free port on " + listen.host() + ": " + e.getMessage(), 1, e);
        }
    }

    private Announcement announcement(HostPort advertised, DiskIdentity disk, InternalAddress internal) {
        return new Announcement(
                disk.broker(),
                Uuid.randomUuid().toString(),
                advertised.host(),
                advertised.port(),
                config.broker().rack().orElse(null),
                null,
                null,
                disk.id(),
                internal);
    }

    private BrokerRegistration register(MetadataStore metadata, Announcement announcement) throws InterruptedException {
        waitingFor.accept("the registration of the broker");
        return BrokerRegistration.register(
                metadata, announcement, Duration.ofMillis(config.etcd().leaseTtlMillis()), time);
    }

    private LogSettings logSettings(Path directory, BrokerDefaults defaults) {
        return new LogSettings(
                directory,
                config.log().journalFileBytes(),
                config.log().journalFiles(),
                config.log().maxOpenFiles(),
                defaults.longValue("producer.id.expiration.ms"),
                defaults.booleanValue("auto.leader.rebalance.enable")
                        ? TimeUnit.SECONDS.toMillis(defaults.longValue("leader.imbalance.check.interval.seconds"))
                        : -1);
    }

    /** The listener for the whole cluster, where there is one. */
    private Optional<KafkaServer> oneAddress(Handled parts, Apis apis, Whereabouts where, Supplier<Forwarder> forwarder)
            throws InterruptedException {
        Optional<HostPort> listen = config.oneAddress().listen();
        Optional<HostPort> advertised = config.oneAddress().advertised();
        if (listen.isEmpty() || advertised.isEmpty()) {
            return Optional.empty();
        }
        OneNode node = new OneNode(advertised.get().host(), advertised.get().port());
        RequestHandler fetch = RecordApis.fetchAnywhere(recordParts(parts), fetchLimits(parts));
        Apis all = OneAddressApis.of(apis, fetch, node, where, forwarder.get(), parts.timer());
        return Optional.of(keeper.keep(
                KafkaServer.start(wireSettings("one-address", listen.get(), parts.defaults()), all, blocking, meters)));
    }

    private WireSettings wireSettings(String listener, HostPort listen, BrokerDefaults defaults) {
        return new WireSettings(
                listener,
                listen.host(),
                listen.port(),
                defaults.intValue("socket.request.max.bytes"),
                config.wire().inFlightRequestsPerConnection(),
                config.wire().inFlightBytes(),
                Math.min(config.wire().maxConnections(), defaults.intValue("max.connections")),
                defaults.intValue("max.connections.per.ip"),
                defaults.longValue("connections.max.idle.ms"),
                Runtime.getRuntime().availableProcessors(),
                WireSettings.SYSTEM_DEFAULT,
                WireSettings.SYSTEM_DEFAULT);
    }

    private ScheduledExecutorService keepTimer() {
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().name("varve-timer").daemon().factory());
        timer.setRemoveOnCancelPolicy(true);
        keeper.keep((AutoCloseable) timer::shutdownNow);
        return timer;
    }

    /** What the handlers of the Kafka APIs need. */
    private record Handled(
            StoredTopicRegistry topics,
            TopicConfigs topicConfigs,
            BrokerDefaults defaults,
            Partitions partitions,
            LiveBrokers cluster,
            TopicAdmin admin,
            DiskSpace space,
            Path directory,
            ProducerIds producerIds,
            ScheduledExecutorService timer,
            GroupParts groups) {}

    private RecordApis.Parts recordParts(Handled parts) {
        return new RecordApis.Parts(
                parts.topics(),
                parts.partitions(),
                parts.cluster(),
                parts.space(),
                parts.directory(),
                parts.producerIds()::next,
                blocking,
                parts.timer(),
                time);
    }

    private static RecordApis.FetchLimits fetchLimits(Handled parts) {
        return new RecordApis.FetchLimits(
                parts.defaults().intValue("fetch.max.bytes"),
                parts.defaults().intValue("max.incremental.fetch.session.cache.slots"),
                COLD_BUDGET_BYTES);
    }

    private Apis apis(Handled parts) {
        Apis.Builder builder = Apis.builder();
        RecordApis.register(builder, recordParts(parts), fetchLimits(parts));
        AdminApis.register(
                builder,
                new AdminApis.Parts(
                        parts.topics(),
                        parts.topicConfigs(),
                        parts.defaults(),
                        parts.partitions(),
                        parts.cluster(),
                        parts.groups().configs(),
                        parts.admin()));
        parts.groups().register(builder);
        AtomicReference<Set<ApiKeys>> supported = new AtomicReference<>(Set.of());
        builder.serve(ApiKeys.API_VERSIONS, new ApiVersionsHandler(supported::get));
        Apis apis = builder.build();
        supported.set(apis.supported());
        return apis;
    }

    private Background startBackground(
            MetadataStore metadata,
            String clusterId,
            PartitionRecords records,
            ObjectTier tier,
            Partitions partitions,
            DiskSpace space,
            List<HealthSource> health) {
        Background background = keeper.keep(new Background());
        Sweeper sweeper =
                tier.sweeper(records, () -> ClusterIdentity.holds(metadata, clusterId) && tier.store.holds(), meters);
        background.every(DISK_CHECK, "disk space", space::refresh);
        background.every(MAINTENANCE, "partition maintenance", partitions::tidy);
        background.every(HAND_OVERS, "hand-overs", partitions::balance);
        background.every(Duration.ofMillis(config.tier().sweeperIntervalMillis()), "sweeper", sweeper::sweep);
        background.every(STORE_CHECK, "look at the object store", tier.store::check);
        background.every(HEALTH_CHECK, "health", new HealthWatch(health, time::nanoseconds, meters));
        MetadataStores.alarms(metadata).ifPresent(task -> background.every(STORE_CHECK, "look at etcd", task));
        MetadataStores.compaction(metadata)
                .ifPresent(task -> background.every(MetadataStores.COMPACTION, "etcd compaction", task));
        return background;
    }

    private List<HealthSource> health(
            MetadataStore metadata,
            ObjectTier tier,
            Partitions partitions,
            DiskSpace space,
            BrokerRegistration registration,
            GroupService groups) {
        List<HealthSource> sources = new ArrayList<>();
        sources.add(AssembledBroker.source("metadata", metadata::problem));
        sources.add(AssembledBroker.source("registration", registration::problem));
        sources.add(AssembledBroker.source(
                "object-store", () -> tier.store.problem().or(tier.offloader::problem), tier.store::warning));
        sources.add(AssembledBroker.source("clock", Optional::empty, tier.store::clockWarning));
        sources.add(AssembledBroker.source("disk", space::problem));
        sources.add(AssembledBroker.source("partitions", partitions::problem, partitions::warning));
        sources.add(AssembledBroker.source("groups", groups::problem));
        return sources;
    }
}
