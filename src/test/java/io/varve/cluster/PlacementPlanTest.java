package io.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.cluster.PlacementState.Assigned;
import io.varve.cluster.PlacementState.Site;
import io.varve.cluster.PlacementState.Step;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlacementPlanTest {
    private static final Uuid TOPIC = new Uuid(1, 1);

    private static PlacementState state(List<Site> brokers, Map<Integer, Long> gone, List<List<Integer>> assignments) {
        List<Assigned> partitions = IntStream.range(0, assignments.size())
                .mapToObj(index -> new Assigned("t", new PartitionId(TOPIC, index), assignments.get(index), false, 0))
                .toList();
        return new PlacementState(brokers, gone, partitions);
    }

    private static List<Site> sites(int... ids) {
        return IntStream.of(ids).mapToObj(id -> new Site(id, "broker-" + id)).toList();
    }

    /** The state after the steps; those that were moved are looked at again. */
    private static PlacementState after(PlacementState before, List<Step> steps) {
        Map<PartitionId, List<Integer>> moved = new HashMap<>();
        steps.forEach(step -> moved.put(step.id(), step.to()));
        return new PlacementState(
                before.brokers(),
                before.gone(),
                before.partitions().stream()
                        .map(partition -> new Assigned(
                                partition.topic(),
                                partition.id(),
                                moved.getOrDefault(partition.id(), partition.brokers()),
                                partition.byHand(),
                                partition.bytesPerSecond()))
                        .toList());
    }

    /** Rounds of at most {@code most} steps until nothing is to be done any more; fails when there is no end of it. */
    private static PlacementState settled(PlacementState state, int most, List<Step> all) {
        PlacementState now = state;
        for (int round = 0; round < 10_000; round++) {
            List<Step> steps = PlacementPlan.steps(now, most);
            if (steps.isEmpty()) {
                return now;
            }
            all.addAll(steps);
            now = after(now, steps);
        }
        throw new AssertionError("no end of it after 10,000 rounds, last steps " + PlacementPlan.steps(now, most));
    }

    private static Map<Integer, Integer> places(PlacementState state) {
        Map<Integer, Integer> places = new TreeMap<>();
        state.brokers().forEach(broker -> places.put(broker.id(), 0));
        state.partitions()
                .forEach(partition -> partition
                        .brokers()
                        .forEach(broker -> places.computeIfPresent(broker, (_, count) -> count + 1)));
        return places;
    }

    private static Map<Integer, Integer> owned(PlacementState state) {
        Map<Integer, Integer> owned = new TreeMap<>();
        state.brokers().forEach(broker -> owned.put(broker.id(), 0));
        state.partitions()
                .forEach(partition -> owned.computeIfPresent(partition.brokers().getFirst(), (_, count) -> count + 1));
        return owned;
    }

    private static int spread(Map<Integer, Integer> counts) {
        return Collections.max(counts.values()) - Collections.min(counts.values());
    }

    @Test
    void aNewBrokerGetsItsShareAndNothingElseMoves() {
        // Given two brokers with six partitions each, and one that has none
        List<List<Integer>> assignments = new ArrayList<>(Collections.nCopies(6, List.of(1)));
        assignments.addAll(Collections.nCopies(6, List.of(2)));

        List<Step> steps = PlacementPlan.steps(state(sites(1, 2, 3), Map.of(), assignments), 100);

        assertThat(steps).hasSize(4).allSatisfy(step -> {
            assertThat(step.to()).containsExactly(3);
            assertThat(step.why())
                    .matches("broker [12] had [56] copies and owned [56], broker 3 had . copies and owned .");
        });
        assertThat(steps.stream().filter(step -> step.from().equals(List.of(1))))
                .hasSize(2);
    }

    @Test
    void onlyAsManyStepsAsAskedFor() {
        List<List<Integer>> assignments = Collections.nCopies(12, List.of(1));

        assertThat(PlacementPlan.steps(state(sites(1, 2), Map.of(), assignments), 3))
                .hasSize(3);
        assertThat(PlacementPlan.steps(state(sites(1, 2), Map.of(), assignments), 0))
                .isEmpty();
    }

    @Test
    void aBrokerThatIsAwayKeepsItsPlaces_oneThatIsGoneLosesThem() {
        List<List<Integer>> assignments = List.of(List.of(2, 1), List.of(3, 2), List.of(1, 3), List.of(3, 1));
        // Given that broker 2 is away, for a while or for good
        assertThat(PlacementPlan.steps(state(sites(1, 3), Map.of(), assignments), 100))
                .isEmpty();

        List<Step> steps = PlacementPlan.steps(state(sites(1, 3), Map.of(2, 0L), assignments), 100);

        assertThat(steps).hasSize(2);
        assertThat(steps.getFirst().to()).containsExactly(1, 3);
        assertThat(steps.getFirst().why()).isEqualTo("broker 2 is gone since 1970-01-01T00:00:00Z");
        assertThat(steps.getLast().to()).containsExactly(3, 1);
    }

    @Test
    void withNobodyToTakeItsPlace_aBrokerThatIsGoneKeepsIt() {
        assertThat(PlacementPlan.steps(state(sites(1), Map.of(2, 0L), List.of(List.of(1, 2), List.of(2, 1))), 100))
                .isEmpty();
    }

    @Test
    void whatWasChosenByHandIsLeftAlone_untilItsBrokerIsGone() {
        List<Assigned> partitions = IntStream.range(0, 8)
                .mapToObj(index -> new Assigned("t", new PartitionId(TOPIC, index), List.of(1), true, 0))
                .toList();

        assertThat(PlacementPlan.steps(new PlacementState(sites(1, 2), Map.of(), partitions), 100))
                .isEmpty();
        assertThat(PlacementPlan.steps(new PlacementState(sites(2), Map.of(1, 5L), partitions), 100))
                .hasSize(8)
                .allSatisfy(step -> assertThat(step.to()).containsExactly(2));
    }

    @Test
    void copiesGoToDifferentRacks() {
        List<Site> brokers = List.of(new Site(1, "a"), new Site(2, "a"), new Site(3, "b"), new Site(4, "b"));

        List<Step> all = new ArrayList<>();
        PlacementState settled = settled(state(brokers, Map.of(), List.of(List.of(1, 2), List.of(3, 4))), 100, all);

        assertThat(all.getFirst().why()).isEqualTo("two copies were in rack a");
        assertThat(settled.partitions())
                .allSatisfy(partition -> assertThat(partition.brokers().stream().map(broker -> broker <= 2 ? "a" : "b"))
                        .containsExactlyInAnyOrder("a", "b"));
        assertThat(spread(places(settled))).isLessThanOrEqualTo(1);
    }

    @Test
    void partitionsWithMuchTrafficChangeOwnersWithThoseThatHaveLittle_andThenItIsOver() {
        // Given two brokers with as many partitions, one of which has all of the traffic
        List<Assigned> partitions = new ArrayList<>();
        for (int index = 0; index < 8; index++) {
            List<Integer> brokers = index < 4 ? List.of(1, 2) : List.of(2, 1);
            partitions.add(new Assigned("t", new PartitionId(TOPIC, index), brokers, false, index < 4 ? 20L << 20 : 0));
        }
        List<Step> all = new ArrayList<>();

        PlacementState settled = settled(new PlacementState(sites(1, 2), Map.of(), partitions), 100, all);

        assertThat(all).hasSize(4);
        assertThat(all.getFirst().why()).isEqualTo("broker 1 took in 81920 KiB/s, broker 2 0 KiB/s");
        assertThat(settled.partitions().stream()
                        .filter(partition -> partition.brokers().getFirst() == 1)
                        .mapToLong(Assigned::bytesPerSecond)
                        .sum())
                .isEqualTo(40L << 20);
        assertThat(owned(settled)).isEqualTo(Map.of(1, 4, 2, 4));
    }

    /** A random cluster: some racks, some brokers that are away or gone, assignments that nobody balanced. */
    private static PlacementState random(Random random) {
        int count = 1 + random.nextInt(9);
        int racks = 1 + random.nextInt(4);
        boolean isRacked = random.nextBoolean();
        List<Site> brokers = new ArrayList<>();
        List<Integer> ids = new ArrayList<>();
        for (int id = 1; id <= count; id++) {
            brokers.add(new Site(id, isRacked ? "rack-" + random.nextInt(racks) : "broker-" + id));
            ids.add(id);
        }
        Map<Integer, Long> gone = new HashMap<>();
        for (int id = 101; id <= 101 + random.nextInt(3); id++) {
            ids.add(id);
            if (random.nextBoolean()) {
                gone.put(id, 1L);
            }
        }
        List<Assigned> partitions = new ArrayList<>();
        int factor = 1 + random.nextInt(Math.min(3, ids.size()));
        int skew = 1 + random.nextInt(ids.size());
        for (int index = 0; index < random.nextInt(60); index++) {
            List<Integer> shuffled = new ArrayList<>(ids.subList(0, Math.max(factor, skew)));
            Collections.shuffle(shuffled, random);
            long bytes = random.nextInt(3) == 0 ? (long) random.nextInt(50) << 20 : 0;
            partitions.add(new Assigned(
                    "t", new PartitionId(TOPIC, index), shuffled.subList(0, factor), random.nextInt(10) == 0, bytes));
        }
        return new PlacementState(brokers, gone, partitions);
    }

    private static int racks(PlacementState state, List<Integer> brokers) {
        Set<String> found = new HashSet<>();
        brokers.forEach(broker -> found.add(state.racks().getOrDefault(broker, "broker-" + broker)));
        return found.size();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 1_000})
    void whateverTheClusterIsLike_itIsSafeComesToAnEndAndIsBalancedThen(int most) {
        for (int seed = 0; seed < 1_000; seed++) {
            PlacementState before = random(new Random(seed));
            List<Step> all = new ArrayList<>();

            PlacementState settled = settled(before, most, all);

            String where = "seed " + seed + " most " + most + " " + before + " steps " + all;
            for (int index = 0; index < before.partitions().size(); index++) {
                Assigned was = before.partitions().get(index);
                Assigned is = settled.partitions().get(index);
                // No copy is lost, none is twice on a broker, and nobody is chosen who does not serve
                assertThat(is.brokers()).as(where).hasSameSizeAs(was.brokers()).doesNotHaveDuplicates();
                Set<Integer> added = new HashSet<>(is.brokers());
                added.removeAll(was.brokers());
                assertThat(before.racks().keySet()).as(where).containsAll(added);
                boolean hasGone = was.brokers().stream().anyMatch(before.gone()::containsKey);
                if (was.byHand() && !hasGone) {
                    assertThat(is.brokers()).as(where).isEqualTo(was.brokers());
                }
                if (before.brokers().size() >= was.brokers().size()) {
                    // The places of those that are gone are others'
                    assertThat(before.gone().keySet()).as(where).doesNotContainAnyElementsOf(is.brokers());
                }
                if (!hasGone) {
                    assertThat(racks(before, is.brokers()))
                            .as(where)
                            .isGreaterThanOrEqualTo(racks(before, was.brokers()));
                }
            }
            assertThat(all).as(where).allSatisfy(step -> {
                assertThat(step.why()).isNotBlank();
                assertThat(step.to()).isNotEqualTo(step.from());
            });
            // Whoever looks at it again finds nothing to do
            assertThat(PlacementPlan.steps(settled, most)).as(where).isEmpty();
        }
    }

    @Test
    void withoutRacksAndHands_everyBrokerHasAndOwnsAsMuch_withNoMoreMovesThanItTakes() {
        for (int seed = 0; seed < 1_000; seed++) {
            Random random = new Random(seed);
            int count = 2 + random.nextInt(6);
            List<Site> brokers = sites(IntStream.rangeClosed(1, count).toArray());
            int factor = 1 + random.nextInt(Math.min(3, count));
            List<List<Integer>> assignments = new ArrayList<>();
            for (int index = 0; index < random.nextInt(80); index++) {
                List<Integer> ids =
                        new ArrayList<>(IntStream.rangeClosed(1, Math.max(factor, 1 + random.nextInt(count)))
                                .boxed()
                                .toList());
                Collections.shuffle(ids, random);
                assignments.add(ids.subList(0, factor));
            }
            PlacementState before = state(brokers, Map.of(), assignments);
            List<Step> all = new ArrayList<>();

            PlacementState settled = settled(before, 1_000, all);

            String where = "seed " + seed + " " + before + " steps " + all;
            assertThat(spread(places(settled))).as(where).isLessThanOrEqualTo(tolerated(places(settled)));
            assertThat(spread(owned(settled))).as(where).isLessThanOrEqualTo(tolerated(owned(settled)));
            // An exchange for the sake of owners moves two copies; all others move one that has to move
            long copies = all.stream()
                    .filter(step -> !Set.copyOf(step.from()).equals(Set.copyOf(step.to())))
                    .count();
            assertThat(copies).as(where).isLessThanOrEqualTo(needed(places(before)) + 2L * needed(owned(before)));
        }
    }

    /** By how much the fullest and the emptiest may differ: a tenth of the mean to either side, or one. */
    private static int tolerated(Map<Integer, Integer> counts) {
        double mean = counts.values().stream().mapToInt(each -> each).average().orElse(0);
        double slack = Math.floor(mean / 10);
        return (int) Math.max(1, Math.ceil(mean) + slack - (Math.floor(mean) - slack));
    }

    /** How many have to be moved at least for nobody to have more, or fewer, than the mean. */
    private static long needed(Map<Integer, Integer> counts) {
        double mean = counts.values().stream().mapToInt(each -> each).average().orElse(0);
        long above = counts.values().stream()
                .mapToLong(each -> Math.max(0, each - (long) Math.ceil(mean)))
                .sum();
        long below = counts.values().stream()
                .mapToLong(each -> Math.max(0, (long) Math.floor(mean) - each))
                .sum();
        return Math.max(above, below);
    }
}
