package io.varve.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every metadata store must do (rule 1 stands on it). */
abstract class MetadataStoreContract {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    protected MetadataStore store;

    abstract MetadataStore open();

    /** Opens the same data again, after {@link #store} was closed. */
    abstract MetadataStore reopen();

    @BeforeEach
    void openStore() {
        store = open();
    }

    @AfterEach
    void closeStore() {
        store.close();
    }

    private long put(String key, String value) {
        return store.commit(Txn.builder().put(key, value).build()).revision();
    }

    @Test
    void aValueIsReadBackWithItsVersion() {
        long revision = put("a/1", "één");

        assertThat(store.get("a/1")).hasValueSatisfying(entry -> {
            assertThat(entry.key()).isEqualTo("a/1");
            assertThat(entry.text()).isEqualTo("één");
            assertThat(entry.version()).isEqualTo(revision);
        });
        assertThat(store.get("a/2")).isEmpty();
    }

    @Test
    void rule1_aSwapSucceedsOnlyAtTheExpectedVersion() {
        long first = put("key", "one");
        Txn swap = Txn.builder().require("key", first).put("key", "two").build();

        assertThat(store.commit(swap).applied()).isTrue();
        assertThat(store.commit(swap).applied()).isFalse();
        assertThat(store.get("key").orElseThrow().text()).isEqualTo("two");
    }

    @Test
    void absentMeansThatThereIsNoValue() {
        Txn create = Txn.builder().require("new", Txn.ABSENT).put("new", "x").build();

        assertThat(store.commit(create).applied()).isTrue();
        assertThat(store.commit(create).applied()).isFalse();
        store.commit(Txn.builder().delete("new").build());
        assertThat(store.commit(create).applied()).isTrue();
    }

    @Test
    void aTransactionHappensWholeOrNotAtAll() {
        long version = put("x", "1");

        TxnResult refused = store.commit(Txn.builder()
                .require("x", version)
                .require("y", 12345)
                .put("x", "2")
                .put("z", "2")
                .build());
        TxnResult applied = store.commit(
                Txn.builder().require("x", version).delete("x").put("z", "3").build());

        assertThat(refused.applied()).isFalse();
        assertThat(applied.applied()).isTrue();
        assertThat(store.get("x")).isEmpty();
        assertThat(store.get("z").orElseThrow().version()).isEqualTo(applied.revision());
    }

    @Test
    void aRangeIsCompleteAndInKeyOrder() {
        int count = 2_345;
        Txn.Builder txn = Txn.builder();
        for (int i = 0; i < count; i++) {
            txn.put("range/%05d".formatted(i), Integer.toString(i));
            if (i % 100 == 99 || i == count - 1) {
                store.commit(txn.build());
                txn = Txn.builder();
            }
        }
        put("rangf", "outside");

        List<Entry> entries = store.range("range/").entries();

        assertThat(entries).hasSize(count);
        assertThat(entries).extracting(Entry::key).isSorted();
        assertThat(entries.getLast().text()).isEqualTo(Integer.toString(count - 1));
    }

    @Test
    void concurrentSwapsLoseNoUpdate() throws Exception {
        put("counter", "0");
        int threads = 8;
        int increments = 25;
        try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> workers = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                workers.add(pool.submit(() -> {
                    for (int n = 0; n < increments; n++) {
                        increment();
                    }
                }));
            }
            for (Future<?> worker : workers) {
                worker.get();
            }
        }
        assertThat(store.get("counter").orElseThrow().text()).isEqualTo(Integer.toString(threads * increments));
    }

    private void increment() {
        while (true) {
            Entry entry = store.get("counter").orElseThrow();
            int next = Integer.parseInt(entry.text()) + 1;
            if (store.commit(Txn.builder()
                            .require("counter", entry.version())
                            .put("counter", Integer.toString(next))
                            .build())
                    .applied()) {
                return;
            }
        }
    }

    @Test
    void aWatchDeliversEveryChangeAfterItsRevisionInOrder() {
        put("w/before", "0");
        Range range = store.range("w/");
        put("w/a", "1");
        put("other", "x");
        Recorder recorder = new Recorder();

        try (Watch watch = store.watch("w/", range.revision(), recorder)) {
            put("w/b", "2");
            store.commit(Txn.builder().delete("w/a").put("w/c", "3").build());

            await().atMost(LIMIT).until(() -> recorder.seen.size() >= 4);
            assertThat(watch).isNotNull();
        }
        assertThat(recorder.seen.subList(0, 2)).containsExactly("w/a=1", "w/b=2");
        assertThat(recorder.seen.subList(2, 4)).containsExactlyInAnyOrder("-w/a", "w/c=3");
        assertThat(recorder.lost.get()).isNull();
    }

    @Test
    void keysUnderALeaseVanishWhenItIsClosed() {
        Lease lease = store.grantLease(Duration.ofSeconds(2));
        store.commit(Txn.builder().put("leased", "me", lease).build());

        assertThat(lease.isHeld()).isTrue();
        assertThat(store.get("leased")).isPresent();
        lease.close();

        assertThat(lease.isHeld()).isFalse();
        await().atMost(LIMIT).until(() -> store.get("leased").isEmpty());
    }

    @Test
    void aLeaseIsKeptAlive() {
        try (Lease lease = store.grantLease(Duration.ofSeconds(1))) {
            store.commit(Txn.builder().put("kept", "me", lease).build());
            await().during(Duration.ofSeconds(3)).atMost(LIMIT).until(lease::isHeld);
            assertThat(store.get("kept")).isPresent();
        }
    }

    @Test
    void aValueThatIsTooLargeIsRefusedAndChangesNothing() {
        byte[] huge = "x".repeat(2 * MetadataStore.MAX_VALUE_BYTES).getBytes(StandardCharsets.UTF_8);

        assertThatThrownBy(() -> store.commit(Txn.builder().put("huge", huge).build()))
                .isInstanceOfSatisfying(
                        MetadataException.class, e -> assertThat(e.kind()).isEqualTo(MetadataException.Kind.REFUSED));
        assertThat(store.get("huge")).isEmpty();
    }

    @Test
    void theStoreSaysHowManyOperationsItTakes() {
        Txn.Builder txn = Txn.builder();
        int operations = Math.min(store.maxOperations(), 2_000);
        for (int i = 0; i < operations; i++) {
            txn.put("many/" + i, "x");
        }
        assertThat(store.commit(txn.build()).applied()).isTrue();
        assertThat(store.range("many/").entries()).hasSize(operations);
    }

    @Test
    void rule1_aRangeOfManyPagesIsOfOneRevision() throws Exception {
        Txn.Builder filling = Txn.builder();
        for (int i = 0; i < 1_500; i++) {
            filling.put("pair/%05d".formatted(i), "filling");
            if (i % 100 == 99) {
                store.commit(filling.build());
                filling = Txn.builder();
            }
        }
        String first = "pair/00000";
        String last = "pair/99999";
        store.commit(Txn.builder().put(first, "0").put(last, "0").build());
        AtomicBoolean stop = new AtomicBoolean();

        try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> writer = pool.submit(() -> {
                for (int n = 1; !stop.get(); n++) {
                    store.commit(Txn.builder()
                            .put(first, Integer.toString(n))
                            .put(last, Integer.toString(n))
                            .build());
                }
            });
            for (int i = 0; i < 10; i++) {
                List<Entry> entries = store.range("pair/").entries();
                assertThat(entries.getFirst().text())
                        .isEqualTo(entries.getLast().text());
                assertThat(entries.getFirst().version())
                        .isEqualTo(entries.getLast().version());
            }
            stop.set(true);
            writer.get();
        }
    }

    @Test
    void keysAreOrderedByTheirUtf8Bytes() {
        String afterAll = "order/\uD83D\uDE00";
        String beforeIt = "order/\uFF21";
        store.commit(Txn.builder()
                .put(afterAll, "1")
                .put(beforeIt, "2")
                .put("order/a", "3")
                .build());

        assertThat(store.range("order/").entries())
                .extracting(Entry::key)
                .containsExactly("order/a", beforeIt, afterAll);
    }

    @Test
    void aTransactionThatChangesNothingHasNoRevisionOfItsOwn() {
        long revision = put("there", "1");

        TxnResult compared = store.commit(Txn.builder()
                .require("there", revision)
                .require("nowhere", Txn.ABSENT)
                .build());
        TxnResult deleted = store.commit(Txn.builder().delete("nowhere").build());

        assertThat(compared).isEqualTo(new TxnResult(true, revision));
        assertThat(deleted).isEqualTo(new TxnResult(true, revision));
    }

    @Test
    void aWatchCatchesUpOnWhatHappenedLongBeforeItsStart() {
        long before = put("long/0", "0");
        List<String> expected = new ArrayList<>();
        for (int i = 1; i <= 1_500; i++) {
            put("long/" + i % 10, Integer.toString(i));
            expected.add("long/" + i % 10 + "=" + i);
        }
        Recorder recorder = new Recorder();

        try (Watch watch = store.watch("long/", before, recorder)) {
            assertThat(watch).isNotNull();
            await().atMost(LIMIT).until(() -> recorder.seen.size() >= expected.size());
        }
        assertThat(recorder.seen).isEqualTo(expected);
    }

    @Test
    void theChangesOfOneRevisionArriveTogether() {
        List<Integer> sizes = new CopyOnWriteArrayList<>();
        WatchListener counting = new WatchListener() {
            @Override
            public void onEvents(List<Event> events) {
                sizes.add(events.size());
            }

            @Override
            public void onLost(MetadataException cause) {
                sizes.add(-1);
            }
        };
        Txn.Builder txn = Txn.builder();
        for (int i = 0; i < 100; i++) {
            txn.put("together/" + i, "x");
        }

        try (Watch watch = store.watch("together/", store.range("together/").revision(), counting)) {
            assertThat(watch).isNotNull();
            store.commit(txn.build());
            await().atMost(LIMIT).until(() -> !sizes.isEmpty());
        }
        assertThat(sizes).containsExactly(100);
    }

    @Test
    void aListenerThatFailsHearsOfTheNextChangeAllTheSame() {
        List<String> heard = new CopyOnWriteArrayList<>();
        WatchListener failing = new WatchListener() {
            @Override
            public void onEvents(List<Event> events) {
                events.forEach(event -> heard.add(event.key()));
                throw new IllegalStateException("thrown by the test");
            }

            @Override
            public void onLost(MetadataException cause) {
                heard.add("lost");
            }
        };

        try (Watch watch = store.watch("f/", store.range("f/").revision(), failing)) {
            assertThat(watch).isNotNull();
            put("f/1", "x");
            await().atMost(LIMIT).until(() -> heard.contains("f/1"));
            put("f/2", "x");
            await().atMost(LIMIT).until(() -> heard.contains("f/2"));
        }
        assertThat(heard).containsExactly("f/1", "f/2");
    }

    @Test
    void aKeyThatIsWrittenAgainWithoutTheLeaseOutlivesIt() {
        Lease lease = store.grantLease(Duration.ofSeconds(5));
        store.commit(
                Txn.builder().put("stays", "1", lease).put("goes", "1", lease).build());
        store.commit(Txn.builder().put("stays", "2").build());

        lease.close();

        await().atMost(LIMIT).until(() -> store.get("goes").isEmpty());
        assertThat(store.get("stays").orElseThrow().text()).isEqualTo("2");
    }

    @Test
    void nothingCanBePutUnderALeaseThatHasEnded() {
        Lease lease = store.grantLease(Duration.ofSeconds(5));
        AtomicBoolean lost = new AtomicBoolean();
        lease.onLost(() -> lost.set(true));
        lease.close();

        assertThatThrownBy(
                        () -> store.commit(Txn.builder().put("late", "1", lease).build()))
                .isInstanceOfSatisfying(
                        MetadataException.class, e -> assertThat(e.kind()).isEqualTo(MetadataException.Kind.REFUSED));
        assertThat(store.get("late")).isEmpty();
        assertThat(lost).isFalse();
    }

    @Test
    void closingTheStoreEndsItsWatchesAndLeases() {
        Recorder recorder = new Recorder();
        Watch watch = store.watch("", store.range("").revision(), recorder);
        Lease lease = store.grantLease(Duration.ofSeconds(60));
        store.commit(Txn.builder().put("under-lease", "1", lease).build());
        await().atMost(LIMIT).until(() -> recorder.seen.contains("under-lease=1"));

        store.close();

        assertThatThrownBy(() -> store.get("under-lease"))
                .isInstanceOfSatisfying(
                        MetadataException.class, e -> assertThat(e.kind()).isEqualTo(MetadataException.Kind.CLOSED));
        assertThatThrownBy(() -> put("under-lease", "2"))
                .isInstanceOfSatisfying(
                        MetadataException.class, e -> assertThat(e.kind()).isEqualTo(MetadataException.Kind.CLOSED));
        watch.close();
        MetadataStore again = reopen();
        try {
            assertThat(again.get("under-lease")).isEmpty();
        } finally {
            again.close();
        }
        assertThat(recorder.lost.get()).isNull();
    }

    @Test
    void aTransactionOfTheLargestSizeFits() {
        Txn.Builder filling = Txn.builder();
        for (int i = 0; i < 100; i++) {
            filling.require("size/" + i, Txn.ABSENT).put("size/" + i, new byte[13_900]);
        }
        Txn txn = filling.build();

        assertThat(txn.sizeBytes())
                .isBetween(MetadataStore.MAX_TXN_BYTES - 10_000L, (long) MetadataStore.MAX_TXN_BYTES);
        assertThat(store.commit(txn).applied()).isTrue();
    }

    @Test
    void aTransactionHasOneOperationForAKey() {
        Txn.Builder twice = Txn.builder().put("same", "1").delete("same");

        assertThatThrownBy(twice::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("same");
    }

    /** Writes down what a watch delivers. */
    static class Recorder implements WatchListener {
        final List<String> seen = new CopyOnWriteArrayList<>();
        final AtomicReference<@Nullable MetadataException> lost = new AtomicReference<>();

        @Override
        public void onEvents(List<Event> events) {
            for (Event event : events) {
                seen.add(
                        switch (event) {
                            case Changed changed ->
                                changed.key() + "=" + changed.entry().text();
                            case Removed removed -> "-" + removed.key();
                        });
            }
        }

        @Override
        public void onLost(MetadataException cause) {
            lost.set(cause);
        }
    }
}
