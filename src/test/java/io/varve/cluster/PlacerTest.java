package io.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.varve.cluster.BrokerRegistration.Announcement;
import io.varve.cluster.BrokerRegistration.Phase;
import io.varve.cluster.PartitionRecord.Member;
import io.varve.cluster.PartitionRecord.OpenSegment;
import io.varve.metadata.EmbeddedStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.kafka.common.utils.Time;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The placer of brokers that share a metadata store. */
class PlacerTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Duration LEASE = Duration.ofSeconds(30);
    private static final long NEVER = -1;

    @TempDir
    Path directory;

    private EmbeddedStore store;

    @BeforeEach
    void open() {
        store = EmbeddedStore.open(directory);
    }

    @AfterEach
    void close() {
        store.close();
    }

    /** A broker, as far as placement goes. */
    private final class World implements AutoCloseable {
        final BrokerRegistration registration;
        final LiveBrokers brokers;
        final StoredTopicRegistry topics = new StoredTopicRegistry(store);
        final PartitionMap records = new PartitionMap(store);
        final PlacerSeat seat;
        final LoadReports loads;
        final Owners owners;
        final Placer placer;
        final PlacementView view;

        World(int id, Phase phase, long goneAfterMillis, int parallelMoves) throws InterruptedException {
            Announcement self = new Announcement(id, "run-" + id, "host", 9092, null).in(phase);
            registration = BrokerRegistration.register(store, self, LEASE, Time.SYSTEM);
            brokers = new LiveBrokers(store, "cluster", registration, Runnable::run);
            seat = new PlacerSeat(store, registration);
            brokers.placedBy(() -> seat.elected().map(PlacerSeat.Elected::broker));
            loads = new LoadReports(store, registration);
            owners = new Owners(topics, records, brokers, _ -> false);
            placer = new Placer(
                    new Placer.Settings(goneAfterMillis, parallelMoves),
                    seat,
                    brokers,
                    topics,
                    owners,
                    loads,
                    Time.SYSTEM);
            view = new PlacementView(topics, owners, brokers, seat);
        }

        World(int id) throws InterruptedException {
            this(id, Phase.SERVING, NEVER, 10);
        }

        void awaitBrokers(Integer... ids) {
            await().atMost(LIMIT)
                    .until(() -> brokers.announcements().stream()
                            .map(Announcement::id)
                            .toList()
                            .equals(List.of(ids)));
        }

        Topic topic() {
            return topics.byName("t").orElseThrow();
        }

        void awaitAssignment(int partition, Integer... ids) {
            await().atMost(LIMIT).until(() -> topic().assignment(partition).equals(List.of(ids)));
        }

        String why(int partition) {
            return view.places(topic()).get(partition).why();
        }

        @Override
        public void close() {
            loads.close();
            seat.close();
            records.close();
            topics.close();
            brokers.close();
            registration.close();
        }
    }

    private void create(World world, List<List<Integer>> assignments) {
        world.topics.create(
                "t", assignments.size(), (short) assignments.getFirst().size(), Map.of(), assignments);
    }

    /** A partition that has been written to is where its record says. */
    private void owned(World world, int partition, int... ensemble) {
        List<Member> members = java.util.stream.IntStream.of(ensemble)
                .mapToObj(id -> new Member(id, "disk-" + id))
                .toList();
        PartitionRecord record = new PartitionRecord(
                1, 1, ensemble[0], 0, new OpenSegment(0, 1, members), List.of(), List.of(), List.of(), List.of(), 0);
        PartitionId id = new PartitionId(world.topic().id(), partition);
        new StoredPartitionRecords(store).update(id, _ -> record);
        await().atMost(LIMIT).until(() -> world.records.find(id).equals(Optional.of(record)));
    }

    @Test
    void oneOfThemIsElected_allNameItAsTheController_andAnotherWhenItIsGone() throws InterruptedException {
        try (World one = new World(1);
                World two = new World(2)) {
            one.awaitBrokers(1, 2);
            one.placer.run();
            two.placer.run();

            assertThat(one.seat.elected().orElseThrow().broker()).isEqualTo(1);
            await().atMost(LIMIT).until(() -> two.brokers.controller() == 1);
            assertThat(one.brokers.controller()).isEqualTo(1);
            assertThat(two.view.overview().placer()).isEqualTo(1);

            one.registration.close();
            await().atMost(LIMIT).until(() -> two.seat.elected().isEmpty());
            assertThat(two.brokers.controller()).isEqualTo(2);
            two.placer.run();
            assertThat(two.seat.elected().orElseThrow().broker()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Phase.class,
            names = {"STARTING", "STOPPING"})
    void whoDoesNotServeIsNotThePlacer(Phase phase) throws InterruptedException {
        try (World one = new World(1)) {
            one.placer.run();
            assertThat(one.seat.elected()).isPresent();

            one.registration.announce(phase);
            one.placer.run();

            await().atMost(LIMIT).until(() -> one.seat.elected().isEmpty());
            one.placer.run();
            assertThat(store.get("placer/elected")).isEmpty();
        }
    }

    @Test
    void aBrokerThatJoinsGetsItsShareOnceItServes_oneMoveAfterTheOther() throws InterruptedException {
        try (World one = new World(1, Phase.SERVING, NEVER, 1);
                World two = new World(2, Phase.STARTING, NEVER, 1)) {
            create(one, List.of(List.of(1), List.of(1), List.of(1), List.of(1)));
            for (int partition = 0; partition < 4; partition++) {
                owned(one, partition, 1);
            }
            one.awaitBrokers(1, 2);

            // When it starts, it gets nothing
            one.placer.run();
            assertThat(one.topic().assignments()).containsOnly(List.of(1));

            // When it serves, one at a time
            two.registration.announce(Phase.SERVING);
            await().atMost(LIMIT).until(() -> one.owners.isServing(2));
            one.placer.run();
            one.awaitAssignment(0, 2);
            assertThat(one.why(0)).startsWith("a move is under way: from brokers 1 to 2; the placer moved it at ");
            one.placer.run();
            assertThat(one.topic().assignments()).containsExactly(List.of(2), List.of(1), List.of(1), List.of(1));
            assertThat(one.view.overview().moving()).hasSize(1);

            // And the next when it has arrived
            owned(one, 0, 2);
            assertThat(one.why(0))
                    .contains("broker 2 is its preferred owner")
                    .endsWith("broker 1 had 4 copies and owned 4, broker 2 had 0 copies and owned 0");
            one.placer.run();
            one.awaitAssignment(1, 2);
            owned(one, 1, 2);
            one.placer.run();
            assertThat(one.topic().assignments()).containsExactly(List.of(2), List.of(2), List.of(1), List.of(1));
        }
    }

    @Test
    void sinceWhenABrokerIsGoneIsKnownToTheNextPlacer_andThenItsPlacesAreOthers() throws InterruptedException {
        try (World one = new World(1);
                World two = new World(2, Phase.SERVING, 0, 10)) {
            create(one, List.of(List.of(3, 2), List.of(1, 3)));
            one.awaitBrokers(1, 2);
            two.awaitBrokers(1, 2);
            one.placer.run();
            long since = one.seat.gone().get(3);
            assertThat(one.topic().assignments()).containsExactly(List.of(3, 2), List.of(1, 3));
            assertThat(one.why(0))
                    .isEqualTo("broker 2 stands in for broker 3, which is gone since " + PlacementPlan.at(since));
            assertThat(one.view.overview().brokers().getLast().state()).isEqualTo("gone");

            one.registration.close();
            await().atMost(LIMIT).until(() -> two.seat.elected().isEmpty());
            two.awaitBrokers(2);
            assertThat(two.seat.gone()).containsEntry(3, since);
            two.placer.run();

            // Broker 1 has only just gone: nobody but broker 2 is there, which cannot hold two copies
            assertThat(two.topic().assignments()).containsExactly(List.of(3, 2), List.of(2, 3));
            assertThat(two.seat.gone()).containsEntry(3, since).containsKey(1);
        }
    }

    @Test
    void whatSomebodyElseHasMovedMeanwhileStays() {
        Topic topic =
                new Topic("t", org.apache.kafka.common.Uuid.randomUuid(), 1, (short) 1, Map.of(), List.of(List.of(1)));
        Topic byHand = topic.reassigned(Map.of(0, List.of(2)), 7);

        assertThat(byHand.moved(0, List.of(1), List.of(3), "x", 8)).isEqualTo(byHand);
        assertThat(byHand.isByHand(0)).isTrue();
        assertThat(byHand.moved(0, List.of(2), List.of(3), "x", 8).placed(0))
                .isEqualTo(new Placed(Placed.By.PLACER, "x", 8, 0));
        assertThat(byHand.released(List.of(0), 9).isByHand(0)).isFalse();
        assertThat(byHand.elected(List.of(0), 9).placed(0)).isEqualTo(new Placed(Placed.By.HAND, "", 7, 1));
    }

    @Test
    void noMoreIsRememberedOfMovesThanFitsAValue_andMovesByHandLongest() {
        int partitions = Topic.MAX_PLACED + 10;
        Topic topic = new Topic(
                "t",
                org.apache.kafka.common.Uuid.randomUuid(),
                partitions,
                (short) 1,
                Map.of(),
                Stream.generate(() -> List.of(1)).limit(partitions).toList());
        topic = topic.reassigned(Map.of(0, List.of(2)), 1);
        for (int index = 1; index < partitions; index++) {
            topic = topic.moved(index, List.of(1), List.of(2), "x", index + 1);
        }
        assertThat(topic.placed())
                .hasSize(Topic.MAX_PLACED)
                .containsKeys(0, partitions - 1)
                .doesNotContainKey(1);
        assertThat(topic.assignment(1)).containsExactly(2);
    }

    @Test
    void howPartitionsWerePlacedIsInTheStore() throws InterruptedException {
        try (World one = new World(1)) {
            create(one, List.of(List.of(1), List.of(1)));
            Topic changed = one.topics.reassign(
                    one.topic(),
                    topic -> topic.reassigned(Map.of(0, List.of(2)), 5)
                            .moved(1, List.of(1), List.of(3), "because", 6)
                            .elected(List.of(1), 7));

            assertThat(store.get("topics/t").orElseThrow().text())
                    .contains("\"placed\":{\"0\":{\"by\":\"hand\",\"at\":5},"
                            + "\"1\":{\"by\":\"placer\",\"why\":\"because\",\"at\":6,\"elections\":1}}");
            try (StoredTopicRegistry again = new StoredTopicRegistry(store)) {
                assertThat(again.byName("t")).contains(changed);
            }
        }
    }

    @Test
    void loadIsReportedByAllAndSeenByAll_theBusiestOnly() throws InterruptedException {
        try (World one = new World(1);
                World two = new World(2)) {
            create(one, List.of(List.of(1), List.of(1)));
            PartitionId busy = new PartitionId(one.topic().id(), 0);
            PartitionId idle = new PartitionId(one.topic().id(), 1);

            one.loads.publish(Map.of(busy, 5_000_000L, idle, 10L));

            await().atMost(LIMIT).until(() -> two.loads.bytesPerSecond().equals(Map.of(busy, 5_000_000L)));
            one.registration.close();
            await().atMost(LIMIT).until(() -> two.loads.bytesPerSecond().isEmpty());
        }
    }
}
