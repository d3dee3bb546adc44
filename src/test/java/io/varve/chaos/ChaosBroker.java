package io.varve.chaos;

import io.varve.testkit.EtcdMembers;
import io.varve.testkit.FreePort;
import io.varve.testkit.MinioServer;
import io.varve.testkit.SmallDisk;
import io.varve.testkit.TcpProxy;
import io.varve.testkit.VarveProcess;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A broker of which everything can be broken: its process, its disk, and by a proxy each the network to the clients, from the other brokers, to
 * etcd and to the object store. Different parts may be used by different threads.
 */
final class ChaosBroker implements AutoCloseable {
    static final String BUCKET = "varve";

    private static final int DISK_MIB = 448;
    private static final long THROTTLE_BYTES = 64L << 20;
    private static final long REFUSE_BYTES = 32L << 20;

    private final VarveProcess process;
    private final TcpProxy peers;
    private final TcpProxy clients;
    private final List<TcpProxy> etcd;
    private final TcpProxy objects;
    private final Optional<SmallDisk> disk;

    private ChaosBroker(
            VarveProcess process,
            TcpProxy peers,
            TcpProxy clients,
            List<TcpProxy> etcd,
            TcpProxy objects,
            Optional<SmallDisk> disk) {
        this.process = process;
        this.peers = peers;
        this.clients = clients;
        this.etcd = etcd;
        this.objects = objects;
        this.disk = disk;
    }

    /** Makes one ready to be launched. */
    static ChaosBroker prepare(int id, Path folder, EtcdMembers members, MinioServer store) {
        int kafkaPort = FreePort.find();
        int internalPort = FreePort.find();
        TcpProxy clients = TcpProxy.to(kafkaPort);
        TcpProxy peers = TcpProxy.to(internalPort);
        List<TcpProxy> etcd = members.ports().stream().map(TcpProxy::to).toList();
        TcpProxy objects = TcpProxy.to(URI.create(store.endpoint()).getPort());
        Optional<SmallDisk> disk = SmallDisk.mount(folder.resolve("disk"), DISK_MIB);
        VarveProcess process = VarveProcess.broker(folder)
                .environment("VARVE_JAVA_OPTS", "-Xmx512m")
                .property("varve.broker.id", Integer.toString(id))
                .property(
                        "varve.data.dir", folder.resolve("disk").resolve("data").toString())
                .property("varve.data.throttle-free-bytes", Long.toString(THROTTLE_BYTES))
                .property("varve.data.refuse-free-bytes", Long.toString(REFUSE_BYTES))
                .property("varve.log.journal.file-bytes", Integer.toString(8 << 20))
                .property("varve.tier.offload.max-wait-ms", "2000")
                .property("varve.tier.cache.disk-bytes", Integer.toString(16 << 20))
                .property("varve.tier.cache.memory-bytes", Integer.toString(16 << 20))
                .property("varve.tier.sweeper.grace-ms", "120000")
                .property("varve.tier.sweeper.interval-ms", "20000")
                .property("varve.shutdown.timeout-ms", "20000")
                .property("varve.internal.listen", "127.0.0.1:" + internalPort)
                .property("varve.internal.advertised", "127.0.0.1:" + peers.port())
                .property("varve.kafka.advertised", "127.0.0.1:" + clients.port())
                .kafkaConfig("group.initial.rebalance.delay.ms", "0")
                .kafkaConfig("leader.imbalance.check.interval.seconds", "20")
                .kafkaPort(kafkaPort)
                .etcd(
                        etcd.stream()
                                .map(proxy -> "http://127.0.0.1:" + proxy.port())
                                .collect(Collectors.joining(",")),
                        "/varve")
                .s3(
                        "s3://" + BUCKET + "/chaos",
                        "http://127.0.0.1:" + objects.port(),
                        MinioServer.ACCESS_KEY,
                        MinioServer.SECRET_KEY)
                .prepare();
        return new ChaosBroker(process, peers, clients, etcd, objects, disk);
    }

    /** The process itself, for what does not end it. */
    VarveProcess process() {
        return process;
    }

    /** Kills the process; its host then says that nobody is there. */
    void kill9() {
        process.kill9();
        refuse();
    }

    /** Stops it as planned. */
    void terminate() {
        int _ = process.terminate();
        refuse();
    }

    /** Starts it; does not wait. */
    void launch() {
        peers.accept();
        clients.accept();
        process.launch();
    }

    private void refuse() {
        peers.refuse();
        clients.refuse();
    }

    /** What the clients are told to connect to. */
    String address() {
        return "127.0.0.1:" + clients.port();
    }

    /** The proxies of a place that is a link. */
    List<TcpProxy> links(FaultKind.Place place) {
        return switch (place) {
            case PEERS -> List.of(peers);
            case CLIENTS -> List.of(clients);
            case ETCD_LINK -> etcd;
            case OBJECTS_LINK -> List.of(objects);
            case BROKER, ETCD, OBJECTS, DISK -> throw new IllegalArgumentException(place + " is no link");
        };
    }

    /** Its own small disk, where one could be mounted. */
    Optional<SmallDisk> disk() {
        return disk;
    }

    /** Leaves so little space that produce is refused. */
    void fillDisk() {
        disk.orElseThrow().fill(REFUSE_BYTES / 2);
    }

    @Override
    public void close() {
        process.close();
        peers.close();
        clients.close();
        etcd.forEach(TcpProxy::close);
        objects.close();
        disk.ifPresent(SmallDisk::close);
    }
}
