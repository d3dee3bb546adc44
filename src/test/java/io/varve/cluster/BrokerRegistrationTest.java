package io.varve.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.varve.cluster.BrokerRegistration.Announcement;
import io.varve.cluster.BrokerRegistration.Phase;
import io.varve.cluster.FlakyStore.Fault;
import io.varve.metadata.EmbeddedStore;
import io.varve.metadata.Lease;
import io.varve.metadata.MetadataException;
import io.varve.metadata.Txn;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.utils.Time;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BrokerRegistrationTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Duration LEASE = Duration.ofSeconds(1);
    private static final Announcement ONE =
            new Announcement(1, "first", "host-1", 9092, "rack-a", 8080, "0.1", "disk", null);
    private static final Announcement ONE_AGAIN =
            new Announcement(1, "second", "host-1", 9092, "rack-a", 8080, "0.1", "disk", null);
    private static final Announcement TWO = new Announcement(2, "other", "host-2", 9093, null);

    @TempDir
    Path directory;

    private EmbeddedStore real;
    private FlakyStore store;

    @BeforeEach
    void open() {
        real = EmbeddedStore.open(directory);
        store = new FlakyStore(real);
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void aRegisteredBrokerIsReadableInTheStoreUntilItLeaves() throws InterruptedException {
        BrokerRegistration registration = BrokerRegistration.register(store, ONE, LEASE, Time.SYSTEM);

        assertThat(store.get("brokers/1").orElseThrow().text())
                .isEqualTo("{\"id\":1,\"incarnation\":\"first\",\"host\":\"host-1\",\"port\":9092,\"rack\":\"rack-a\","
                        + "\"httpPort\":8080,\"version\":\"0.1\",\"disk\":\"disk\"}");
        assertThat(registration.isHeld()).isTrue();
        assertThat(registration.problem()).isEmpty();

        registration.close();
        assertThat(store.get("brokers/1")).isEmpty();
        assertThat(registration.isHeld()).isFalse();
    }

    @Test
    void aSecondLiveBrokerWithTheSameIdIsRefusedWithWords() throws InterruptedException {
        try (BrokerRegistration first = BrokerRegistration.register(store, ONE, LEASE, Time.SYSTEM)) {
            assertThatThrownBy(() -> BrokerRegistration.register(store, ONE_AGAIN, LEASE, Time.SYSTEM))
                    .isInstanceOf(ClusterException.class)
                    .hasMessageContaining("broker id 1 is in use")
                    .hasMessageContaining("host-1:9092")
                    .hasMessageContaining("varve.broker.id");
            assertThat(first.isHeld()).isTrue();
            assertThat(store.get("brokers/1").orElseThrow().text()).contains("first");
        }
    }

    @Test
    void theNextIncarnationWaitsForTheLeaseOfTheOneThatDied() throws Exception {
        Lease dying = store.grantLease(LEASE);
        store.commit(Txn.builder()
                .put("brokers/1", new String(Json.write(ONE), UTF_8), dying)
                .build());
        CompletableFuture<BrokerRegistration> next = CompletableFuture.supplyAsync(() -> {
            try {
                return BrokerRegistration.register(store, ONE_AGAIN, Duration.ofSeconds(20), Time.SYSTEM);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        await().during(Duration.ofMillis(500)).atMost(LIMIT).until(() -> !next.isDone());

        dying.close();

        await().atMost(LIMIT).until(next::isDone);
        try (BrokerRegistration registered = next.get()) {
            assertThat(registered.isHeld()).isTrue();
            assertThat(store.get("brokers/1").orElseThrow().text()).contains("second");
        }
    }

    @Test
    void rule4_aLostLeaseIsSeenAtOnceAndReplacedByANewOne() throws InterruptedException {
        try (BrokerRegistration registration = BrokerRegistration.register(store, ONE, LEASE, Time.SYSTEM)) {
            store.down(true);
            store.loseLeases();

            assertThat(registration.isHeld()).isFalse();
            assertThat(registration.problem()).isPresent();
            store.down(false);

            await().atMost(LIMIT).until(registration::isHeld);
            assertThat(store.get("brokers/1")).isPresent();
            assertThat(registration.problem()).isEmpty();
        }
        assertThat(store.get("brokers/1")).isEmpty();
    }

    @Test
    void rule4_aNewLeaseCountsOnlyWhenWhatOthersHaveDoneMeanwhileIsKnown() throws InterruptedException {
        try (BrokerRegistration registration = BrokerRegistration.register(store, ONE, LEASE, Time.SYSTEM)) {
            AtomicInteger reads = new AtomicInteger();
            List<Boolean> heldMeanwhile = new CopyOnWriteArrayList<>();
            registration.beforeHeldAgain(() -> {
                heldMeanwhile.add(registration.isHeld());
                if (reads.incrementAndGet() == 1) {
                    throw new MetadataException(MetadataException.Kind.UNAVAILABLE, "away again", null);
                }
            });
            store.down(true);
            store.loseLeases();
            store.down(false);

            await().atMost(LIMIT).until(registration::isHeld);
            assertThat(reads).hasValue(2);
            assertThat(heldMeanwhile).containsOnly(false);
        }
    }

    @Test
    void whatABrokerSaysOfItselfWhileItRegistersAgainIsNotLost() throws Exception {
        try (BrokerRegistration registration =
                BrokerRegistration.register(store, ONE.in(Phase.STARTING), LEASE, Time.SYSTEM)) {
            // Given a broker that has written under its new lease that it starts, and does not count on that lease yet
            List<CompletableFuture<Void>> said = new CopyOnWriteArrayList<>();
            registration.beforeHeldAgain(() -> {
                if (registration.info().phase() == Phase.STARTING) {
                    assertThat(store.get("brokers/1").orElseThrow().text()).contains("starting");
                    said.add(announce(registration, Phase.SERVING));
                    await().atMost(LIMIT).until(() -> registration.info().phase() == Phase.SERVING);
                }
            });

            store.loseLeases();

            // Then what it says at that moment is what others see in the end
            await().atMost(LIMIT).until(() -> registration.isHeld() && said.size() == 1);
            said.getFirst().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            assertThat(announced().phase()).isEqualTo(Phase.SERVING);
        }
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void whatABrokerSaysOfItselfIsSaidAgainUntilItIsWritten(Fault fault) throws Exception {
        try (BrokerRegistration registration =
                BrokerRegistration.register(store, ONE.in(Phase.STARTING), LEASE, Time.SYSTEM)) {
            store.failNext(fault);

            registration.announce(Phase.SERVING);

            assertThat(announced().phase()).isEqualTo(Phase.SERVING);
        }
    }

    @Test
    void nobodyWaitsForABrokerToSayWhatItCannotSayAnyMore() throws Exception {
        BrokerRegistration registration =
                BrokerRegistration.register(store, ONE.in(Phase.STARTING), LEASE, Time.SYSTEM);
        store.down(true);
        CompletableFuture<Void> said = announce(registration, Phase.STOPPING);
        await().atMost(LIMIT).until(() -> registration.info().phase() == Phase.STOPPING);
        registration.close();

        said.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    @Test
    void aBrokerThatStopsDoesNotSayAnyMoreThatItServes() throws Exception {
        try (BrokerRegistration registration =
                BrokerRegistration.register(store, ONE.in(Phase.STARTING), LEASE, Time.SYSTEM)) {
            registration.announce(Phase.STOPPING);
            registration.announce(Phase.SERVING);

            assertThat(announced().phase()).isEqualTo(Phase.STOPPING);
            assertThat(registration.info().phase()).isEqualTo(Phase.STOPPING);
        }
    }

    private Announcement announced() {
        return Json.read(store.get("brokers/1").orElseThrow(), Announcement.class);
    }

    private static CompletableFuture<Void> announce(BrokerRegistration registration, Phase phase) {
        return CompletableFuture.runAsync(() -> {
            try {
                registration.announce(phase);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    @Test
    void aBrokerWhosePlaceWasTakenMeanwhileSaysSo() throws InterruptedException {
        try (BrokerRegistration paused = BrokerRegistration.register(store, ONE, LEASE, Time.SYSTEM)) {
            store.down(true);
            store.loseLeases();
            try (BrokerRegistration other = BrokerRegistration.register(real, ONE_AGAIN, LEASE, Time.SYSTEM)) {
                store.down(false);

                await().atMost(LIMIT)
                        .until(() -> paused.problem().orElse("").contains("broker id 1 is in use by a live broker"));
                assertThat(paused.isHeld()).isFalse();
                assertThat(other.isHeld()).isTrue();
            }
            await().atMost(LIMIT).until(paused::isHeld);
        }
    }

    @Test
    void anAnswerThatGetsLostIsLookedUp() throws InterruptedException {
        store.failNext(Fault.APPLIED_WITHOUT_ANSWER);

        try (BrokerRegistration registration = BrokerRegistration.register(store, ONE, LEASE, Time.SYSTEM)) {
            assertThat(registration.isHeld()).isTrue();
        }
        assertThat(store.get("brokers/1")).isEmpty();
    }

    @Test
    void everybodySeesWhoIsThere() throws InterruptedException {
        BrokerRegistration one = BrokerRegistration.register(store, ONE, LEASE, Time.SYSTEM);
        BrokerRegistration two = BrokerRegistration.register(store, TWO, LEASE, Time.SYSTEM);
        try (LiveBrokers seenByTwo = new LiveBrokers(store, "cluster", TWO)) {
            assertThat(seenByTwo.brokers())
                    .containsExactly(new Node(1, "host-1", 9092, "rack-a"), new Node(2, "host-2", 9093));
            assertThat(seenByTwo.announcements()).containsExactly(ONE, TWO);
            assertThat(seenByTwo.clusterId()).isEqualTo("cluster");
            assertThat(seenByTwo.self()).isEqualTo(2);

            one.close();
            await().atMost(LIMIT).until(() -> seenByTwo.brokers().size() == 1);
            store.loseWatches(() -> {
                try (BrokerRegistration unseen = register(ONE_AGAIN)) {
                    assertThat(unseen.isHeld()).isTrue();
                }
            });
            try (BrokerRegistration back = BrokerRegistration.register(store, ONE_AGAIN, LEASE, Time.SYSTEM)) {
                assertThat(back.isHeld()).isTrue();
                await().atMost(LIMIT).until(() -> seenByTwo.find(1).equals(Optional.of(ONE_AGAIN)));
            }

            two.close();
            await().atMost(LIMIT).until(() -> seenByTwo.find(1).isEmpty());
            assertThat(seenByTwo.find(2)).contains(TWO);
        }
    }

    private BrokerRegistration register(Announcement announcement) {
        try {
            return BrokerRegistration.register(store, announcement, LEASE, Time.SYSTEM);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
