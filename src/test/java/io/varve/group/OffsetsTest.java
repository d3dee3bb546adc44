package io.varve.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.varve.cluster.Topic;
import io.varve.metadata.EmbeddedStore;
import io.varve.metadata.Entry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.DeleteGroupsResponseData.DeletableGroupResultCollection;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.BufferSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Offsets from commit to removal, over restarts. */
class OffsetsTest {
    @TempDir
    Path directory;

    private EmbeddedStore store;
    private final FakeTopics topics = new FakeTopics();
    private Topic orders;

    @BeforeEach
    void open() {
        store = EmbeddedStore.open(directory);
        orders = topics.create("orders", 3);
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void whatIsCommittedIsFetchedAlsoAfterARestart() {
        try (RunningGroups groups = RunningGroups.start(store, topics)) {
            assertThat(groups.commit("billing", "orders", 0, 41)).isEqualTo(Errors.NONE);
            assertThat(groups.commit("billing", "orders", 0, 42)).isEqualTo(Errors.NONE);
            assertThat(groups.commit("billing", "orders", 2, 7)).isEqualTo(Errors.NONE);
            assertThat(groups.fetch("billing", "orders", 0)).isEqualTo(42);
        }
        store.close();
        store = EmbeddedStore.open(directory);

        try (RunningGroups groups = RunningGroups.start(store, topics)) {
            assertThat(groups.fetch("billing", "orders", 0)).isEqualTo(42);
            assertThat(groups.fetch("billing", "orders", 1)).isEqualTo(-1);
            assertThat(groups.fetch("billing", "orders", 2)).isEqualTo(7);
            assertThat(groups.fetch("shipping", "orders", 0)).isEqualTo(-1);
        }
    }

    @Test
    void anOffsetIsOneReadableKey() {
        try (RunningGroups groups = RunningGroups.start(store, topics)) {
            groups.commit("billing", "orders", 2, 42);
            groups.commit("billing", "orders", 2, 43);

            int shard = groups.service.shardOf("billing");
            List<Entry> entries = store.range("groups/").entries();
            assertThat(entries).extracting(Entry::key).containsExactly("groups/" + shard + "/offsets/billing/orders/2");
            assertThat(entries.getFirst().text()).contains("\"offset\":43", "\"metadata\":\"at 43\"");
        }
    }

    @Test
    void aDeletedTopicTakesItsOffsetsAlong() {
        Topic other = topics.create("other", 1);
        try (RunningGroups groups = RunningGroups.start(store, topics)) {
            groups.commit("billing", "orders", 0, 42);
            groups.commit("billing", "other", 0, 5);
            groups.commit("shipping", "orders", 1, 6);

            topics.delete(orders);

            await().atMost(RunningGroups.LONG)
                    .until(() -> store.range("groups/").entries().size() == 1);
            assertThat(groups.fetch("billing", "orders", 0)).isEqualTo(-1);
            assertThat(groups.fetch("billing", other.name(), 0)).isEqualTo(5);
        }
    }

    @Test
    void aDeletedGroupIsGoneFromTheStore() {
        try (RunningGroups groups = RunningGroups.start(store, topics)) {
            groups.commit("billing", "orders", 0, 42);
            groups.commit("shipping", "orders", 0, 43);

            DeletableGroupResultCollection results = RunningGroups.get(groups.coordinator()
                    .deleteGroups(
                            RunningGroups.context(ApiKeys.DELETE_GROUPS),
                            List.of("billing", "unknown"),
                            BufferSupplier.NO_CACHING));

            assertThat(results.find("billing").errorCode()).isEqualTo(Errors.NONE.code());
            assertThat(results.find("unknown").errorCode()).isEqualTo(Errors.GROUP_ID_NOT_FOUND.code());
            assertThat(store.range("groups/").entries())
                    .singleElement()
                    .satisfies(entry -> assertThat(entry.key()).contains("/shipping/"));
        }
    }

    @Test
    void offsetsAndGroupsThatHaveExpiredAreRemoved() {
        try (RunningGroups groups =
                RunningGroups.start(store, topics, 1, Map.of("offsets.retention.check.interval.ms", "50"))) {
            groups.commit("billing", "orders", 0, 42);
            RunningGroups.get(groups.coordinator()
                    .commitOffsets(
                            RunningGroups.context(ApiKeys.OFFSET_COMMIT),
                            RunningGroups.commitRequest("shortlived", "orders", List.of(0), 9)
                                    .setRetentionTimeMs(1),
                            BufferSupplier.NO_CACHING));

            await().atMost(RunningGroups.LONG)
                    .untilAsserted(() -> assertThat(store.range("groups/").entries())
                            .extracting(Entry::key)
                            .noneMatch(key -> key.contains("shortlived")));
            assertThat(groups.fetch("billing", "orders", 0)).isEqualTo(42);
        }
    }

    @Test
    void twoThousandGroupsAreLoadedAgain() {
        try (RunningGroups groups = RunningGroups.start(store, topics)) {
            List<CompletableFuture<OffsetCommitResponseData>> commits = new ArrayList<>();
            for (int i = 0; i < 2_000; i++) {
                commits.add(groups.committing("group-" + i, "orders", i % 3, i));
            }
            commits.forEach(commit ->
                    assertThat(RunningGroups.error(RunningGroups.get(commit))).isEqualTo(Errors.NONE));
        }

        try (RunningGroups groups = RunningGroups.start(store, topics)) {
            for (int i = 0; i < 2_000; i++) {
                assertThat(groups.fetch("group-" + i, "orders", i % 3)).isEqualTo(i);
            }
        }
    }

    @Test
    void theNumberOfShardsStaysWhatItWasAtFirst() {
        try (RunningGroups groups = RunningGroups.start(store, topics)) {
            groups.commit("billing", "orders", 0, 42);
            groups.commit("shipping", "orders", 0, 43);
        }

        try (RunningGroups groups =
                RunningGroups.start(store, topics, 1, Map.of("offsets.topic.num.partitions", "5"))) {
            assertThat(groups.fetch("billing", "orders", 0)).isEqualTo(42);
            assertThat(groups.fetch("shipping", "orders", 0)).isEqualTo(43);
            assertThat(store.get("shards/count").orElseThrow().text()).isEqualTo("2");
        }
    }
}
