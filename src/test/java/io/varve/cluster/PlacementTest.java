package io.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.cluster.BrokerRegistration.Announcement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PlacementTest {
    private static Announcement broker(int id, @Nullable String rack) {
        return new Announcement(id, "incarnation", "host-" + id, 9092, rack);
    }

    private static List<Announcement> brokers(int count) {
        return IntStream.rangeClosed(1, count).mapToObj(id -> broker(id, null)).toList();
    }

    @Test
    void ownersGoRoundAndFollowersDiffer() {
        List<List<Integer>> assignment = Placement.assign(6, 2, brokers(3), List.of());

        assertThat(assignment)
                .containsExactly(
                        List.of(1, 2), List.of(2, 3), List.of(3, 1), List.of(1, 3), List.of(2, 1), List.of(3, 2));
    }

    @Test
    void theRoundBeginsWithWhoOwnsLeast() {
        Topic existing =
                new Topic("t", Uuid.randomUuid(), 3, (short) 1, Map.of(), List.of(List.of(1), List.of(1), List.of(3)));

        assertThat(Placement.assign(3, 1, brokers(3), List.of(existing)))
                .containsExactly(List.of(2), List.of(3), List.of(1));
    }

    @Test
    void copiesGoToOtherRacksWhereThereAreSome() {
        List<Announcement> racked = List.of(broker(1, "a"), broker(2, "a"), broker(3, "b"), broker(4, "b"));
        Map<Integer, String> rackOf = Map.of(1, "a", 2, "a", 3, "b", 4, "b");

        assertThat(Placement.assign(20, 2, racked, List.of()))
                .allSatisfy(
                        replicas -> assertThat(rackOf.get(replicas.get(0))).isNotEqualTo(rackOf.get(replicas.get(1))));
        // Three copies in two racks: two share one, and none is there twice
        assertThat(Placement.assign(20, 3, racked, List.of()))
                .allSatisfy(replicas -> assertThat(replicas).hasSize(3).doesNotHaveDuplicates());
    }

    @Test
    void moreCopiesThanBrokersAreAsManyAsThereAre() {
        assertThat(Placement.assign(1, 5, brokers(2), List.of())).containsExactly(List.of(1, 2));
        assertThat(Placement.assign(1, 1, List.of(), List.of())).isEmpty();
    }

    @Test
    void whenABrokerComesTheOrderOfTheOthersStays() {
        for (int i = 0; i < 200; i++) {
            PartitionId id = new PartitionId(new Uuid(i, 7), i % 10);
            List<Integer> before = Placement.ranked(id, brokers(5));
            List<Integer> after = new ArrayList<>(Placement.ranked(id, brokers(6)));

            assertThat(before).containsExactlyInAnyOrder(1, 2, 3, 4, 5);
            after.remove(Integer.valueOf(6));
            assertThat(after).isEqualTo(before);
        }
    }

    @Test
    void shardsAreDividedAndFewMoveWhenABrokerComes() {
        Map<Integer, Long> shares = IntStream.range(0, 300)
                .boxed()
                .collect(
                        Collectors.groupingBy(shard -> Placement.shardOwner(shard, brokers(3)), Collectors.counting()));
        long moved = IntStream.range(0, 300)
                .filter(shard -> Placement.shardOwner(shard, brokers(3)) != Placement.shardOwner(shard, brokers(4)))
                .count();

        assertThat(shares.values())
                .hasSize(3)
                .allSatisfy(share -> assertThat(share).isBetween(60L, 140L));
        // A quarter has to move to the fourth; nothing else does
        assertThat(moved).isBetween(40L, 110L);
        assertThat(Placement.shardOwner(1, List.of())).isEqualTo(PartitionRecord.NO_OWNER);
    }
}
