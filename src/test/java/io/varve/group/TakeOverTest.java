package io.varve.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.varve.metadata.EmbeddedStore;
import io.varve.metadata.Entry;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rules 2 and 4: an epoch for every owner of a shard, and a former owner changes nothing any more. */
class TakeOverTest {
    @TempDir
    Path directory;

    private EmbeddedStore store;
    private final FakeTopics topics = new FakeTopics();

    @BeforeEach
    void open() {
        store = EmbeddedStore.open(directory);
        topics.create("orders", 3);
    }

    @AfterEach
    void close() {
        store.close();
    }

    private String epochs() {
        return store.get("shards/0/epoch").orElseThrow().text()
                + store.get("shards/1/epoch").orElseThrow().text();
    }

    @Test
    void rule4AFormerOwnerOverwritesNothingAndSaysNotCoordinator() {
        try (RunningGroups first = RunningGroups.start(store, topics, 1, Map.of())) {
            assertThat(first.commit("billing", "orders", 0, 10)).isEqualTo(Errors.NONE);
            // The first one sees both, so that it does not take back what the second one takes.
            first.cluster.live(1, 2);
            try (RunningGroups second = RunningGroups.start(store, topics, 2, Map.of())) {
                assertThat(second.fetch("billing", "orders", 0)).isEqualTo(10);
                assertThat(second.commit("billing", "orders", 0, 20)).isEqualTo(Errors.NONE);
                List<Entry> before = store.range("groups/").entries();
                String epochsBefore = epochs();

                Errors refused = first.commit("billing", "orders", 0, 11);

                assertThat(refused).isEqualTo(Errors.NOT_COORDINATOR);
                assertThat(store.range("groups/").entries())
                        .usingRecursiveComparison()
                        .isEqualTo(before);
                assertThat(second.fetch("billing", "orders", 0)).isEqualTo(20);

                // It stays so: the former owner does not take the shard back.
                await().atMost(RunningGroups.LONG)
                        .untilAsserted(
                                () -> assertThat(first.fetchError("billing")).isEqualTo(Errors.NOT_COORDINATOR));
                assertThat(first.commit("billing", "orders", 0, 12)).isEqualTo(Errors.NOT_COORDINATOR);
                assertThat(epochs()).isEqualTo(epochsBefore);
                assertThat(second.commit("billing", "orders", 0, 21)).isEqualTo(Errors.NONE);
            }
        }
    }

    @Test
    void shardsAreDividedAndGivenUpToTheBrokersTheyAreFor() {
        Map<String, String> shards = Map.of("offsets.topic.num.partitions", "16");
        try (RunningGroups second = new RunningGroups(store, topics, new FakeCluster(2, 1, 2), shards)) {
            // Given a broker that has all shards
            try (RunningGroups first = RunningGroups.start(store, topics, 1, shards)) {
                first.commit("billing", "orders", 0, 10);

                // When it hears of another one
                first.cluster.live(1, 2);

                // Then each has some, all are served, and both say the same of who has which
                await().atMost(RunningGroups.LONG)
                        .untilAsserted(() -> assertThat(divided(first, second)).isBetween(1, 15));
            }
            // And when the first one is gone, the second one has all, with everything in them
            second.cluster.live(2);
            second.awaitServing();
            assertThat(second.fetch("billing", "orders", 0)).isEqualTo(10);
        }
    }

    /** How many shards the first one has; the others are the second one's. */
    private static int divided(RunningGroups first, RunningGroups second) {
        int firsts = 0;
        for (int shard = 0; shard < 16; shard++) {
            boolean isFirsts = first.service.isServing(shard);
            assertThat(second.service.isServing(shard)).isNotEqualTo(isFirsts);
            OptionalInt owner = OptionalInt.of(isFirsts ? 1 : 2);
            assertThat(first.service.coordinatorOf(shard)).isEqualTo(owner);
            assertThat(second.service.coordinatorOf(shard)).isEqualTo(owner);
            firsts += isFirsts ? 1 : 0;
        }
        return firsts;
    }

    @Test
    void rule4AShardOfALiveBrokerIsNotTaken() {
        try (RunningGroups first = RunningGroups.start(store, topics, 1, Map.of());
                RunningGroups second = new RunningGroups(store, topics, new FakeCluster(2, 1, 2), Map.of())) {
            // All that the second one is meant to have stays with the first, which has not heard of it
            assertThat(second.service.problem()).isPresent();
            assertThat(first.commit("billing", "orders", 0, 10)).isEqualTo(Errors.NONE);
            assertThat(epochs()).doesNotContain("\"broker\":2");
        }
    }

    @Test
    void rule2EveryOwnerHasALargerEpoch() {
        try (RunningGroups _ = RunningGroups.start(store, topics, 1, Map.of())) {
            assertThat(store.get("shards/0/epoch").orElseThrow().text()).contains("\"epoch\":1", "\"broker\":1");
        }
        try (RunningGroups _ = RunningGroups.start(store, topics, 2, Map.of())) {
            assertThat(store.get("shards/0/epoch").orElseThrow().text()).contains("\"epoch\":2", "\"broker\":2");
        }
        // The same broker in its next life is another owner, too.
        try (RunningGroups _ = RunningGroups.start(store, topics, 2, Map.of())) {
            assertThat(store.get("shards/0/epoch").orElseThrow().text()).contains("\"epoch\":3", "\"broker\":2");
        }
    }
}
