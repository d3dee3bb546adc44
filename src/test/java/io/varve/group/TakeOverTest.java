package io.varve.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.varve.metadata.EmbeddedStore;
import io.varve.metadata.Entry;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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
                assertThat(first.service.problem()).isPresent();
                assertThat(second.commit("billing", "orders", 0, 21)).isEqualTo(Errors.NONE);
            }
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
