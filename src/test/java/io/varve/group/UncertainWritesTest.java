package io.varve.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.varve.group.FaultyStore.Fault;
import io.varve.metadata.EmbeddedStore;
import io.varve.metadata.Txn;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.BufferSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store that fails: nothing is acknowledged that is not stored, what is acknowledged stays, and all is well again afterwards. */
class UncertainWritesTest {
    @TempDir
    Path directory;

    private EmbeddedStore real;
    private FaultyStore store;
    private final FakeTopics topics = new FakeTopics();

    @BeforeEach
    void open() {
        real = EmbeddedStore.open(directory);
        store = new FaultyStore(real);
        topics.create("orders", 300);
    }

    @AfterEach
    void close() {
        real.close();
    }

    @Test
    void anUnknownOutcomeThatWasLostIsNotAcknowledgedAndTheShardIsLoadedAgain() {
        try (RunningGroups groups = RunningGroups.start(store, topics)) {
            assertThat(groups.commit("billing", "orders", 0, 10)).isEqualTo(Errors.NONE);
            store.failNext(1, Fault.UNKNOWN_LOST);

            assertThat(groups.commit("billing", "orders", 0, 11)).isEqualTo(Errors.NOT_COORDINATOR);

            groups.awaitServing();
            assertThat(groups.fetch("billing", "orders", 0)).isEqualTo(10);
            assertThat(groups.commit("billing", "orders", 0, 12)).isEqualTo(Errors.NONE);
            assertThat(groups.fetch("billing", "orders", 0)).isEqualTo(12);
            assertThat(groups.meters.get("varve.group.reloads").counter().count())
                    .isEqualTo(1);
        }
    }

    @Test
    void anUnknownOutcomeThatWasAppliedIsSeenAfterLoadingAgain() {
        try (RunningGroups groups = RunningGroups.start(store, topics)) {
            groups.commit("billing", "orders", 0, 10);
            store.failNext(1, Fault.UNKNOWN_APPLIED);

            assertThat(groups.commit("billing", "orders", 0, 11)).isEqualTo(Errors.NOT_COORDINATOR);

            groups.awaitServing();
            assertThat(groups.fetch("billing", "orders", 0)).isEqualTo(11);
        }
    }

    @Test
    void noAcknowledgedOffsetIsLostWhateverOutcomesAreUnknown() {
        try (RunningGroups groups = RunningGroups.start(store, topics)) {
            int[] transactions = new int[1];
            store.onGroupTransaction(txn -> {
                synchronized (transactions) {
                    return switch (transactions[0]++ % 7) {
                        case 3 -> Fault.UNKNOWN_LOST;
                        case 5 -> Fault.UNKNOWN_APPLIED;
                        case 6 -> Fault.UNAVAILABLE;
                        default -> Fault.NONE;
                    };
                }
            });
            long acknowledged = -1;
            int failed = 0;
            for (long offset = 0; offset < 40; offset++) {
                Errors error = groups.commit("billing", "orders", 0, offset);
                if (error == Errors.NONE) {
                    acknowledged = offset;
                } else {
                    failed++;
                    groups.awaitServing();
                }
                assertThat(groups.fetch("billing", "orders", 0)).isGreaterThanOrEqualTo(acknowledged);
            }
            assertThat(failed).isGreaterThan(5);
            assertThat(acknowledged).isGreaterThan(20);
        }
    }

    @Test
    void whileTheStoreIsAwayNothingIsAcknowledgedAndAfterwardsAllIsWritten() {
        try (RunningGroups groups = RunningGroups.start(store, topics)) {
            store.failNext(4, Fault.UNAVAILABLE);

            assertThat(groups.commit("billing", "orders", 0, 10)).isEqualTo(Errors.NONE);

            // Certainly unchanged: the same write again is enough, without loading the shard.
            assertThat(store.groupTransactions()).hasSize(5);
            assertThat(groups.meters.get("varve.group.reloads").counter().count())
                    .isZero();
            store.failNext(2, Fault.NO_SPACE);
            assertThat(groups.commit("billing", "orders", 0, 11)).isEqualTo(Errors.NONE);
            assertThat(groups.fetch("billing", "orders", 0)).isEqualTo(11);
        }
    }

    @Test
    void aShardThatCannotBeLoadedIsTriedUntilItCan() {
        store.rangesToFail.set(5);

        try (RunningGroups groups = RunningGroups.startWithoutWaiting(store, topics)) {
            groups.awaitServing();
            assertThat(groups.commit("billing", "orders", 0, 10)).isEqualTo(Errors.NONE);
        }
    }

    @Test
    void aDamagedRecordKeepsItsShardFromServingUntilItIsRepaired() {
        try (RunningGroups groups = RunningGroups.start(store, topics)) {
            groups.commit("billing", "orders", 0, 10);
        }
        String key = real.range("groups/").entries().getFirst().key();
        byte[] good = real.get(key).orElseThrow().value();
        real.commit(Txn.builder().put(key, "nonsense").build());

        try (RunningGroups groups = RunningGroups.startWithoutWaiting(store, topics)) {
            int damaged = groups.service.shardOf("billing");
            await().atMost(RunningGroups.LONG).until(() -> groups.service.isServing(1 - damaged));
            assertThat(groups.service.problem())
                    .hasValueSatisfying(problem -> assertThat(problem).contains("[" + damaged + "]"));
            assertThat(groups.commit("billing", "orders", 0, 11)).isNotEqualTo(Errors.NONE);

            real.commit(Txn.builder().put(key, good).build());

            groups.awaitServing();
            assertThat(groups.fetch("billing", "orders", 0)).isEqualTo(10);
        }
    }

    @Test
    void aCommitThatIsTooLargeForTheStoreFailsAloneAndCanBeRetried() {
        store.allowOperations(128);
        try (RunningGroups groups = RunningGroups.start(store, topics)) {
            List<Integer> partitions = IntStream.range(0, 129).boxed().toList();

            OffsetCommitResponseData refused = RunningGroups.get(groups.coordinator()
                    .commitOffsets(
                            RunningGroups.context(ApiKeys.OFFSET_COMMIT),
                            RunningGroups.commitRequest("billing", "orders", partitions, 5),
                            BufferSupplier.NO_CACHING));

            assertThat(RunningGroups.error(refused)).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
            assertThat(groups.fetch("billing", "orders", 0)).isEqualTo(-1);
            OffsetCommitResponseData taken = RunningGroups.get(groups.coordinator()
                    .commitOffsets(
                            RunningGroups.context(ApiKeys.OFFSET_COMMIT),
                            RunningGroups.commitRequest("billing", "orders", partitions.subList(0, 128), 6),
                            BufferSupplier.NO_CACHING));
            assertThat(RunningGroups.error(taken)).isEqualTo(Errors.NONE);
            assertThat(groups.fetch("billing", "orders", 127)).isEqualTo(6);
            assertThat(groups.meters.get("varve.group.reloads").counter().count())
                    .isZero();
        }
    }

    @Test
    void whatIsAppendedWhileATransactionIsUnderWayGoesIntoTheNextOne() throws InterruptedException {
        try (RunningGroups groups = RunningGroups.start(store, topics)) {
            CountDownLatch underWay = new CountDownLatch(1);
            CountDownLatch go = new CountDownLatch(1);
            store.onGroupTransaction(txn -> {
                underWay.countDown();
                try {
                    go.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                return Fault.NONE;
            });
            CompletableFuture<OffsetCommitResponseData> first = groups.committing("billing", "orders", 0, 1);
            underWay.await();
            List<CompletableFuture<OffsetCommitResponseData>> others = IntStream.range(0, 50)
                    .mapToObj(i -> groups.committing("billing", "orders", i % 10, 100 + i))
                    .toList();
            // The last one is in the queue once the shard has handled it; a read of the same shard comes after.
            assertThat(groups.fetch("billing", "orders", 0)).isEqualTo(-1);
            assertThat(first).isNotDone();
            assertThat(others).noneMatch(CompletableFuture::isDone);

            go.countDown();

            others.forEach(other ->
                    assertThat(RunningGroups.error(RunningGroups.get(other))).isEqualTo(Errors.NONE));
            assertThat(store.groupTransactions()).hasSize(2);
            // Fifty commits of ten partitions: the last of each counts.
            assertThat(store.groupTransactions().getLast().operations()).hasSize(10);
            assertThat(groups.fetch("billing", "orders", 9)).isEqualTo(149);
        }
    }

    @Test
    void closingDoesNotWaitForAStoreThatIsAway() {
        store.onGroupTransaction(txn -> Fault.UNAVAILABLE);
        CompletableFuture<OffsetCommitResponseData> commit;
        try (RunningGroups groups = RunningGroups.start(store, topics)) {
            commit = groups.committing("billing", "orders", 0, 1);
            await().atMost(RunningGroups.LONG)
                    .until(() -> !store.groupTransactions().isEmpty());
        }
        assertThat(RunningGroups.error(RunningGroups.get(commit))).isEqualTo(Errors.NOT_COORDINATOR);
    }
}
