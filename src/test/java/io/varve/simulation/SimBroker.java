package io.varve.simulation;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.varve.cluster.BrokerDefaults;
import io.varve.cluster.BrokerRegistration;
import io.varve.cluster.BrokerRegistration.Announcement;
import io.varve.cluster.ClusterException;
import io.varve.cluster.InternalAddress;
import io.varve.cluster.LiveBrokers;
import io.varve.cluster.Owners;
import io.varve.cluster.PartitionMap;
import io.varve.cluster.PartitionRecord.Member;
import io.varve.cluster.PartitionRecords;
import io.varve.cluster.StoredPartitionRecords;
import io.varve.cluster.StoredTopicRegistry;
import io.varve.cluster.TopicConfigs;
import io.varve.log.DiskSpace;
import io.varve.log.LogException;
import io.varve.log.LogSettings;
import io.varve.log.Partitions;
import io.varve.replica.CopyHost;
import io.varve.replica.DeathCheck;
import io.varve.replica.Identity;
import io.varve.replica.Network;
import io.varve.replica.Peers;
import io.varve.replica.ReplicaServer;
import io.varve.replica.ReplicaSettings;
import io.varve.replica.Versions;
import io.varve.tier.CacheSettings;
import io.varve.tier.CachedRemoteSegments;
import io.varve.tier.ManifestPages;
import io.varve.tier.ObjectNames;
import io.varve.tier.ObjectStore;
import io.varve.tier.OffloadSettings;
import io.varve.tier.Offloader;
import io.varve.tier.Sweeper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.jspecify.annotations.Nullable;

/** One life of a broker: everything below its Kafka listener, put together as {@code server.BrokerAssembly} does it. */
final class SimBroker {
    static final Duration LEASE = Duration.ofSeconds(3);
    /** Much shorter than in production: what depends on it must depend on it here. */
    static final Duration SWEEP_GRACE = Duration.ofSeconds(20);

    private static final String CLUSTER = "simulated";
    private static final byte[] SECRET = "secret".getBytes(StandardCharsets.UTF_8);
    private static final int REPLICA_TIMEOUT_MILLIS = 2_000;
    private static final int MAX_BATCH_BYTES = 1 << 20;
    private static final int JOURNAL_FILE_BYTES = 64 * 1024;

    private final SimWorld world;
    private final SimMachine machine;
    private final SimProcess process;
    private final int id;
    private final String disk;
    private final Path directory;
    private final String incarnation;
    private @Nullable BrokerRegistration registration;
    private @Nullable StoredTopicRegistry topics;
    private @Nullable Partitions partitions;

    /** What a broker lives in. */
    record SimWorld(Simulator simulator, SimEtcd etcd, SimNetwork network, SimObjects objects) {}

    SimBroker(SimWorld world, SimMachine machine) {
        this.world = world;
        this.machine = machine;
        this.process = machine.process();
        this.id = machine.id();
        this.disk = machine.diskId();
        this.directory = machine.directory();
        this.incarnation = process.name();
    }

    SimProcess process() {
        return process;
    }

    SimMachine machine() {
        return machine;
    }

    int id() {
        return id;
    }

    /** What it serves; null while it starts. */
    @Nullable
    Partitions partitions() {
        return partitions;
    }

    StoredTopicRegistry topics() {
        if (topics == null) {
            throw new IllegalStateException("broker " + id + " has not started");
        }
        return topics;
    }

    /**
     * Starts it, on a thread of its process.
     *
     * @param onFailure called when it cannot start and has exited
     */
    void start(Consumer<Exception> onFailure) {
        process.blocking().execute(() -> {
            try {
                run();
            } catch (UncheckedIOException | LogException | ClusterException e) {
                process.kill();
                onFailure.accept(e);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
    }

    private void run() throws InterruptedException {
        Time time = process.time();
        Random random = world.simulator().random();
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        SimStore store = new SimStore(world.etcd(), world.network(), process);
        Network network = world.network().of(process);
        try {
            createDirectory();
            Network.Port port = network.listen(new InternalAddress(Integer.toString(process.machine()), 0));
            InternalAddress address = new InternalAddress(Integer.toString(process.machine()), port.number());
            Announcement announcement =
                    new Announcement(id, incarnation, "host", 9092, null, null, null, disk, address);
            BrokerRegistration registered = patiently(() -> register(store, announcement, time));
            registration = registered;
            LiveBrokers brokers = patiently(() -> new LiveBrokers(store, CLUSTER, registered, process.blocking()));
            StoredTopicRegistry registry = patiently(
                    () -> new StoredTopicRegistry(store, () -> new Uuid(random.nextLong(), random.nextLong())));
            TopicConfigs configs = new TopicConfigs(new BrokerDefaults(Map.of()));
            PartitionMap map = patiently(() -> new PartitionMap(store));
            registered.beforeHeldAgain(map::refresh);
            Owners owners =
                    new Owners(registry, map, brokers, topic -> configs.effective(topic).uncleanLeaderElectionEnable);
            PartitionRecords records = new StoredPartitionRecords(store);
            ObjectStore objects = world.objects().client();
            ObjectNames names = new ObjectNames(time, random);
            OffloadSettings offload = OffloadSettings.defaults(SWEEP_GRACE);
            Offloader offloader = new Offloader(objects, names, offload, time, random, process.threads(), meters);
            offloader.start();
            CachedRemoteSegments remote = new CachedRemoteSegments(
                    objects,
                    CacheSettings.defaults(1 << 20, 0),
                    directory.resolve("cache"),
                    time,
                    process.threads(),
                    meters);
            ReplicaSettings replica = new ReplicaSettings(
                    new Identity(CLUSTER, id, disk, incarnation, SECRET),
                    Versions.CURRENT,
                    new SimSecureRandom(random),
                    time,
                    process.threads(),
                    REPLICA_TIMEOUT_MILLIS,
                    MAX_BATCH_BYTES + 1024);
            Peers peers = new Peers(replica, network, member -> address(brokers, member));
            process.every(Duration.ofMillis(peers.checkMillis()), peers::check);
            DeathCheck deaths = new DeathCheck(store, brokers, network, time);
            DiskSpace space = new DiskSpace(directory, 2 << 20, 1 << 20, meters);
            process.every(Duration.ofSeconds(1), space::refresh);
            Partitions opened = patiently(() -> Partitions.open(
                    new LogSettings(directory, JOURNAL_FILE_BYTES, 2, 100, TimeUnit.DAYS.toMillis(1), 20_000),
                    new Member(id, disk),
                    registry,
                    new Partitions.Dependencies(
                            time,
                            machine.boot(),
                            registered::isHeld,
                            process.blocking(),
                            records,
                            owners,
                            peers,
                            copies -> serve(replica, port, copies, deaths),
                            remote,
                            new ManifestPages(objects, names, 4, offload.referenceWithin(), time),
                            offloader::submit,
                            offloader::withdraw,
                            configs::effective,
                            space,
                            process.threads(),
                            random,
                            meters)));
            process.every(Duration.ofSeconds(2), opened::tidy);
            Sweeper sweeper = new Sweeper(objects, names, records, remote, () -> true, SWEEP_GRACE, meters);
            process.every(SWEEP_GRACE.dividedBy(4), sweeper::sweep);
            topics = registry;
            partitions = opened;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void createDirectory() throws IOException {
        Files.createDirectories(directory);
        // As DiskIdentity leaves it.
        try (FileChannel parent = FileChannel.open(directory.getParent())) {
            parent.force(true);
        }
    }

    /** Something of the start that may have to be tried again: a real broker that could not start would be started again. */
    private interface Attempt<T> {
        T run() throws InterruptedException;
    }

    private <T> T patiently(Attempt<T> attempt) throws InterruptedException {
        while (true) {
            try {
                return attempt.run();
            } catch (io.varve.metadata.MetadataException | io.varve.tier.ObjectStoreException e) {
                process.time().sleep(500);
            }
        }
    }

    private static BrokerRegistration register(SimStore store, Announcement announcement, Time time)
            throws InterruptedException {
        return BrokerRegistration.register(store, announcement, LEASE, time);
    }

    private static java.util.Optional<InternalAddress> address(LiveBrokers brokers, Member member) {
        return brokers.find(member.broker())
                .filter(broker -> member.disk().equals(broker.disk()))
                .map(Announcement::internal);
    }

    private void serve(ReplicaSettings settings, Network.Port port, CopyHost host, DeathCheck deaths) {
        ReplicaServer.start(settings, port, host, deaths::onGone, new SimTimer(process));
    }

    /** Hands everything over, then exits. Blocks, on a thread of the process. */
    void drain() {
        Partitions serving = partitions;
        if (serving != null) {
            serving.handOverAll(5_000);
        }
        if (registration != null) {
            registration.close();
        }
        process.kill();
    }
}
