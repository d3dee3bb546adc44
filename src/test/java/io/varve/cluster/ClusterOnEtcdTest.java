package io.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.varve.cluster.BrokerRegistration.Announcement;
import io.varve.metadata.EtcdCompactor;
import io.varve.metadata.EtcdSettings;
import io.varve.metadata.EtcdStore;
import io.varve.metadata.MetadataException;
import io.varve.metadata.Txn;
import io.varve.testkit.EtcdServer;
import io.varve.testkit.TcpProxy;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.kafka.common.utils.Time;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the cluster agrees on, on a real etcd: the parts that depend on how etcd and the way to it behave. */
@Tag("process")
class ClusterOnEtcdTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Duration LEASE = Duration.ofSeconds(2);
    private static final short ONE = 1;
    private static final AtomicInteger PREFIXES = new AtomicInteger();

    @TempDir
    static Path folder;

    private static EtcdServer etcd;

    private String prefix;
    private EtcdStore store;

    @BeforeAll
    static void startEtcd() {
        etcd = EtcdServer.start(folder);
    }

    @AfterAll
    static void stopEtcd() {
        etcd.close();
    }

    @BeforeEach
    void connect() {
        prefix = "/cluster-" + PREFIXES.incrementAndGet();
        store = connect(etcd.endpoint());
    }

    @AfterEach
    void disconnect() {
        store.close();
    }

    private EtcdStore connect(String endpoint) {
        return EtcdStore.connect(new EtcdSettings(List.of(endpoint), prefix, Duration.ofSeconds(2)));
    }

    private static TcpProxy proxy() {
        return TcpProxy.to(URI.create(etcd.endpoint()).getPort());
    }

    private static Announcement broker(String incarnation) {
        return new Announcement(1, incarnation, "host", 9092, null);
    }

    @Test
    void topicsLiveThroughTheirWholeLife() {
        try (StoredTopicRegistry registry = new StoredTopicRegistry(store);
                StoredTopicRegistry other = new StoredTopicRegistry(store)) {
            StoredPartitionRecords records = new StoredPartitionRecords(store);
            Topic topic = registry.create("t", 300, ONE, Map.of());
            for (int i = 0; i < 300; i++) {
                records.compareAndSet(new PartitionId(topic.id(), i), Txn.ABSENT, Records.full());
            }
            assertThat(records.all()).hasSize(300);
            registry.addPartitions(topic, 301);
            Topic altered = registry.alterConfigs(topic, configs -> Map.of("retention.ms", "5"));

            assertThat(altered.partitions()).isEqualTo(301);
            await().atMost(LIMIT).until(() -> other.byName("t").equals(Optional.of(altered)));
            other.delete(topic);
            await().atMost(LIMIT).until(() -> registry.byName("t").isEmpty());
            assertThat(records.all()).isEmpty();
        }
    }

    @Test
    void topicsThatChangedWhileEtcdForgotTheHistoryAreListedAgain() {
        try (TcpProxy proxy = proxy();
                EtcdStore cutOff = connect("http://127.0.0.1:" + proxy.port());
                StoredTopicRegistry behind = new StoredTopicRegistry(cutOff);
                StoredTopicRegistry registry = new StoredTopicRegistry(store)) {
            Topic gone = registry.create("gone", 1, ONE, Map.of());
            await().atMost(LIMIT).until(() -> behind.byName("gone").isPresent());

            proxy.silence(true);
            registry.delete(gone);
            registry.create("new", 1, ONE, Map.of());
            EtcdCompactor compactor = new EtcdCompactor(store, Duration.ZERO, System::nanoTime);
            compactor.run();
            registry.create("newer", 1, ONE, Map.of());
            compactor.run();
            proxy.silence(false);
            proxy.cut();

            await().atMost(LIMIT).until(() -> behind.byName("newer").isPresent());
            assertThat(behind.byName("new")).isPresent();
            assertThat(behind.byName("gone")).isEmpty();
        }
    }

    @Test
    void topicsGoOnAfterEtcdWasKilled() {
        try (StoredTopicRegistry registry = new StoredTopicRegistry(store)) {
            Topic before = registry.create("before", 1, ONE, Map.of());
            etcd.kill9();
            assertThat(registry.byName("before")).contains(before);
            assertThatThrownBy(() -> registry.create("during", 1, ONE, Map.of()))
                    .isInstanceOf(MetadataException.class);
            etcd.restart();

            await().atMost(LIMIT)
                    .ignoreException(MetadataException.class)
                    .until(() -> !store.range("topics/").entries().isEmpty());
            Topic after = registry.create("after", 1, ONE, Map.of());
            assertThat(registry.all()).contains(before, after);
        }
    }

    @Test
    void rule4_aBrokerThatFellSilentLosesItsPlaceOnlyAfterItKnows() throws InterruptedException {
        try (TcpProxy proxy = proxy();
                EtcdStore silent = connect("http://127.0.0.1:" + proxy.port())) {
            BrokerRegistration first = BrokerRegistration.register(silent, broker("first"), LEASE, Time.SYSTEM);
            proxy.silence(true);

            try (BrokerRegistration second = BrokerRegistration.register(store, broker("second"), LEASE, Time.SYSTEM)) {
                assertThat(first.isHeld()).isFalse();
                assertThat(second.isHeld()).isTrue();
                assertThat(store.get("brokers/1").orElseThrow().text()).contains("second");
            }
            proxy.cut();
            first.close();
        }
    }

    @Test
    void aSecondLiveBrokerWithTheSameIdIsRefused() throws InterruptedException {
        try (BrokerRegistration first = BrokerRegistration.register(store, broker("first"), LEASE, Time.SYSTEM)) {
            assertThatThrownBy(() -> BrokerRegistration.register(store, broker("second"), LEASE, Time.SYSTEM))
                    .isInstanceOf(ClusterException.class)
                    .hasMessageContaining("broker id 1 is in use");
            assertThat(first.isHeld()).isTrue();
        }
        assertThat(store.get("brokers/1")).isEmpty();
    }

    @Test
    void brokersThatStartAtTheSameTimeGetDifferentIds() throws Exception {
        List<Future<Integer>> ids;
        try (ExecutorService pool = Executors.newFixedThreadPool(6)) {
            ids = pool.invokeAll(IntStream.range(0, 6)
                    .<Callable<Integer>>mapToObj(index -> () -> BrokerIds.assign(store, "disk-" + index))
                    .toList());
        }
        assertThat(ids.stream().map(Future::resultNow)).containsExactlyInAnyOrder(1, 2, 3, 4, 5, 6);
    }

    @Test
    void thePlacerIsAnotherOneWhenItsLeaseIsLost() throws InterruptedException {
        try (TcpProxy proxy = proxy();
                EtcdStore silent = connect("http://127.0.0.1:" + proxy.port())) {
            BrokerRegistration first = BrokerRegistration.register(silent, broker("first"), LEASE, Time.SYSTEM);
            try (PlacerSeat cutOff = new PlacerSeat(silent, first);
                    BrokerRegistration second = BrokerRegistration.register(
                            store, new Announcement(2, "second", "host", 9093, null), LEASE, Time.SYSTEM);
                    PlacerSeat seat = new PlacerSeat(store, second)) {
                assertThat(cutOff.take(1)).isTrue();
                assertThat(seat.take(2)).isFalse();

                proxy.silence(true);

                await().atMost(LIMIT).until(() -> seat.take(3));
                assertThat(cutOff.elected().orElseThrow().broker()).isEqualTo(1);
                await().atMost(LIMIT).until(() -> !first.isHeld());
                assertThat(seat.elected().orElseThrow().broker()).isEqualTo(2);
                proxy.cut();
            }
            first.close();
        }
    }

    @Test
    void aBrokerRegistersAgainAfterEtcdWasAwayForLongerThanItsLease() throws InterruptedException {
        try (BrokerRegistration registration = BrokerRegistration.register(store, broker("first"), LEASE, Time.SYSTEM);
                LiveBrokers live = new LiveBrokers(store, "cluster", new Announcement(2, "x", "host", 9093, null))) {
            await().atMost(LIMIT).until(() -> live.find(1).isPresent());
            etcd.pause();
            try {
                await().atMost(LIMIT).until(() -> !registration.isHeld());
            } finally {
                etcd.resume();
            }

            await().atMost(LIMIT).until(registration::isHeld);
            assertThat(store.get("brokers/1").orElseThrow().text()).contains("first");
            await().atMost(LIMIT).until(() -> live.find(1).isPresent());
        }
    }
}
