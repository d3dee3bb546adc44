package io.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.varve.cluster.BrokerRegistration.Announcement;
import io.varve.cluster.BrokerRegistration.Phase;
import io.varve.cluster.PartitionRecord.Member;
import io.varve.cluster.PartitionRecord.OpenSegment;
import io.varve.metadata.EmbeddedStore;
import io.varve.metadata.Txn;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who owns what while brokers start, serve and stop; seen by broker 1. */
class OwnersTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    private EmbeddedStore store;
    private StoredTopicRegistry topics;
    private PartitionMap records;
    private LiveBrokers brokers;
    private Owners owners;

    @BeforeEach
    void open() {
        store = EmbeddedStore.open(directory);
        topics = new StoredTopicRegistry(store);
        records = new PartitionMap(store);
        brokers = new LiveBrokers(store, "cluster", announcement(1, Phase.SERVING));
        owners = new Owners(topics, records, brokers, _ -> false);
    }

    @AfterEach
    void close() {
        brokers.close();
        records.close();
        topics.close();
        store.close();
    }

    private static Announcement announcement(int id, Phase phase) {
        return new Announcement(
                        id, "run", "host", 9092, null, null, null, "disk-" + id, new InternalAddress("host", 9093))
                .in(phase);
    }

    private void is(int id, Phase phase) {
        store.commit(Txn.builder()
                .put("brokers/" + id, Json.text(announcement(id, phase)))
                .build());
        await().atMost(LIMIT)
                .until(() -> brokers.find(id).map(Announcement::phase).equals(Optional.of(phase)));
    }

    private PartitionId partition(Integer... assigned) {
        Topic topic = topics.create("t", 1, (short) assigned.length, Map.of(), List.of(List.of(assigned)));
        return new PartitionId(topic.id(), 0);
    }

    private static Member member(int id) {
        return new Member(id, "disk-" + id);
    }

    private void record(PartitionId id, int owner, int... ensemble) {
        OpenSegment open = new OpenSegment(
                0, 1, IntStream.of(ensemble).mapToObj(OwnersTest::member).toList());
        PartitionRecord record =
                new PartitionRecord(1, 1, owner, 0, open, List.of(), List.of(), List.of(), List.of(), 0);
        new StoredPartitionRecords(store).update(id, _ -> record);
        await().atMost(LIMIT).until(() -> records.find(id).equals(Optional.of(record)));
    }

    @Test
    void aPartitionThatWasNeverWrittenToGoesToABrokerThatServes() {
        PartitionId id = partition(2, 1);
        is(2, Phase.STARTING);
        assertThat(owners.ownerOf(id)).isEqualTo(1);
        is(2, Phase.SERVING);
        assertThat(owners.ownerOf(id)).isEqualTo(2);
        is(2, Phase.STOPPING);
        assertThat(owners.ownerOf(id)).isEqualTo(1);
    }

    @Test
    void rule4TheOneThatHasTheEndGoesOnAlsoWhileItStarts() {
        PartitionId id = partition(1, 2);
        is(2, Phase.STARTING);
        record(id, 3, 3, 2);
        assertThat(owners.ownerOf(id)).isEqualTo(2);
        record(id, 3, 3, 2, 1);
        assertThat(owners.ownerOf(id)).isEqualTo(1);
    }

    @Test
    void aBrokerThatStopsGetsNothing_neitherCopiesNorPartitions() {
        PartitionId id = partition(1, 2);
        is(2, Phase.STOPPING);
        is(3, Phase.SERVING);
        record(id, 1, 1, 2);
        assertThat(owners.successor(id)).isEqualTo(3);
        assertThat(owners.ensemble(id, 2, Set.of())).containsExactly(member(1), member(3));
        is(3, Phase.STOPPING);
        assertThat(owners.successor(id)).isEqualTo(PartitionRecord.NO_OWNER);
        assertThat(owners.ensemble(id, 2, Set.of())).containsExactly(member(1));
    }

    @Test
    void whoeverGetsAPartitionNextHasACopyFirst() {
        PartitionId id = partition(2);
        is(2, Phase.SERVING);
        record(id, 1, 1);
        assertThat(owners.ensemble(id, 1, Set.of())).containsExactly(member(1), member(2));
        is(2, Phase.STARTING);
        assertThat(owners.ensemble(id, 1, Set.of())).containsExactly(member(1));
    }

    @Test
    void replicasAreInTheOrderOfTheAssignment_whoStandsInComesLast() {
        PartitionId id = partition(2, 1);
        is(2, Phase.SERVING);
        is(3, Phase.SERVING);
        record(id, 3, 3, 1);
        assertThat(owners.of(id).replicas()).containsExactly(1, 3);
        record(id, 1, 1, 2);
        assertThat(owners.of(id).replicas()).containsExactly(2, 1);
        assertThat(owners.of(id).broker()).isEqualTo(1);
    }

    @Test
    void aMoveIsUnderWayUntilNobodyElseHasThePartition_whoStandsInIsNotMoving() {
        PartitionId id = partition(1, 2);
        record(id, 1, 1, 3);
        is(3, Phase.SERVING);
        assertThat(Move.of(List.of(1, 2), owners.of(id), brokers.announcements()))
                .isEmpty();
        is(2, Phase.SERVING);
        assertThat(Move.of(List.of(1, 2), owners.of(id), brokers.announcements()))
                .contains(new Move(List.of(2), List.of(3)));
        record(id, 1, 1, 2);
        assertThat(Move.of(List.of(1, 2), owners.of(id), brokers.announcements()))
                .isEmpty();
    }
}
