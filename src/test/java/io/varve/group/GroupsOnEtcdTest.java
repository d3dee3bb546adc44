package io.varve.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.metadata.EtcdSettings;
import io.varve.metadata.EtcdStore;
import io.varve.testkit.EtcdServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.BufferSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Groups on a real etcd. */
@Tag("process")
class GroupsOnEtcdTest {
    @TempDir
    Path directory;

    private final FakeTopics topics = new FakeTopics();

    private static EtcdStore connect(EtcdServer etcd) {
        return EtcdStore.connect(new EtcdSettings(List.of(etcd.endpoint()), "varve-test", Duration.ofSeconds(10)));
    }

    @Test
    void noAcknowledgedOffsetIsLostWhenEtcdIsKilledAndAllGoesOnWhenItIsBack() {
        topics.create("orders", 1);
        try (EtcdServer etcd = EtcdServer.start(directory.resolve("etcd"));
                EtcdStore store = connect(etcd);
                RunningGroups groups = RunningGroups.start(store, topics)) {
            long acknowledged = -1;
            for (long offset = 0; offset < 60; offset++) {
                CompletableFuture<OffsetCommitResponseData> commit = groups.committing("billing", "orders", 0, offset);
                if (offset % 20 == 10) {
                    etcd.kill9();
                    etcd.restart();
                }
                if (RunningGroups.error(RunningGroups.get(commit)) == Errors.NONE) {
                    acknowledged = offset;
                } else {
                    groups.awaitServing();
                }
                assertThat(groups.fetch("billing", "orders", 0)).isGreaterThanOrEqualTo(acknowledged);
            }
            assertThat(acknowledged).isEqualTo(59);
        }
    }

    @Test
    void offsetsAreInEtcdAndRule4AFormerOwnerChangesNone() {
        topics.create("orders", 300);
        try (EtcdServer etcd = EtcdServer.start(directory.resolve("etcd"));
                EtcdStore store = connect(etcd);
                EtcdStore otherStore = connect(etcd);
                RunningGroups first = RunningGroups.start(store, topics, 1, Map.of())) {
            // With 128 operations a transaction: many small changes at once fit, one that is too large is refused
            // alone.
            List<CompletableFuture<OffsetCommitResponseData>> commits = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                commits.add(first.committing("group-" + i, "orders", i % 300, i));
            }
            commits.forEach(commit ->
                    assertThat(RunningGroups.error(RunningGroups.get(commit))).isEqualTo(Errors.NONE));
            // As many partitions in one commit as the topic has.
            OffsetCommitResponseData large = RunningGroups.get(first.coordinator()
                    .commitOffsets(
                            RunningGroups.context(ApiKeys.OFFSET_COMMIT),
                            RunningGroups.commitRequest(
                                    "large",
                                    "orders",
                                    IntStream.range(0, 300).boxed().toList(),
                                    5),
                            BufferSupplier.NO_CACHING));
            assertThat(RunningGroups.error(large))
                    .isEqualTo(store.maxOperations() < 300 ? Errors.COORDINATOR_NOT_AVAILABLE : Errors.NONE);
            assertThat(first.commit("billing", "orders", 0, 10)).isEqualTo(Errors.NONE);
            assertThat(otherStore
                            .get("groups/" + first.service.shardOf("billing") + "/offsets/billing/orders/0")
                            .orElseThrow()
                            .text())
                    .contains("\"offset\":10");

            first.cluster.live(1, 2);
            try (RunningGroups second = RunningGroups.start(otherStore, topics, 2, Map.of())) {
                for (int i = 0; i < 500; i++) {
                    assertThat(second.fetch("group-" + i, "orders", i % 300)).isEqualTo(i);
                }
                assertThat(second.commit("billing", "orders", 0, 20)).isEqualTo(Errors.NONE);
                assertThat(first.commit("billing", "orders", 0, 11)).isEqualTo(Errors.NOT_COORDINATOR);
                assertThat(second.fetch("billing", "orders", 0)).isEqualTo(20);
            }
        }
    }
}
