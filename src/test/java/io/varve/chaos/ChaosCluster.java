package io.varve.chaos;

import io.varve.testkit.EtcdMembers;
import io.varve.testkit.MinioServer;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Three brokers, three members of etcd and an object store, started and stopped in one place. */
final class ChaosCluster implements AutoCloseable {
    private static final int SIZE = 3;

    private final EtcdMembers etcd;
    private final MinioServer objects;
    private final List<ChaosBroker> brokers;

    private ChaosCluster(EtcdMembers etcd, MinioServer objects, List<ChaosBroker> brokers) {
        this.etcd = etcd;
        this.objects = objects;
        this.brokers = brokers;
    }

    /** Starts all of it and returns when every broker is ready. */
    static ChaosCluster start(Path folder) {
        EtcdMembers etcd = EtcdMembers.start(folder.resolve("etcd"), SIZE);
        MinioServer objects = MinioServer.start(folder.resolve("minio"), ChaosBroker.BUCKET);
        List<ChaosBroker> brokers = IntStream.rangeClosed(1, SIZE)
                .mapToObj(id -> ChaosBroker.prepare(id, folder.resolve("broker-" + id), etcd, objects))
                .toList();
        ChaosCluster cluster = new ChaosCluster(etcd, objects, brokers);
        try {
            // One before the others: it makes what a build needs once, the cache for a faster start.
            brokers.getFirst().launch();
            brokers.getFirst().process().awaitReady();
            brokers.stream().skip(1).forEach(ChaosBroker::launch);
            cluster.awaitReady();
            return cluster;
        } catch (RuntimeException | AssertionError e) {
            cluster.close();
            throw e;
        }
    }

    EtcdMembers etcd() {
        return etcd;
    }

    MinioServer objects() {
        return objects;
    }

    ChaosBroker broker(int index) {
        return brokers.get(index);
    }

    /** Waits until every broker says that it is ready. */
    void awaitReady() {
        brokers.forEach(broker -> broker.process().awaitReady());
    }

    /** What clients begin with: all brokers. */
    String bootstrapServers() {
        return brokers.stream().map(ChaosBroker::address).collect(Collectors.joining(","));
    }

    /** Where faults can strike here: without the right to mount there are no disks to fill. */
    Set<FaultKind.Place> places() {
        Set<FaultKind.Place> places = EnumSet.allOf(FaultKind.Place.class);
        if (brokers.stream().anyMatch(broker -> broker.disk().isEmpty())) {
            places.remove(FaultKind.Place.DISK);
        }
        return places;
    }

    @Override
    public void close() {
        brokers.forEach(ChaosBroker::close);
        objects.close();
        etcd.close();
    }
}
