package io.varve.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.varve.testkit.EtcdServer;
import io.varve.testkit.FreePort;
import io.varve.testkit.TcpProxy;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("process")
class EtcdStoreTest extends MetadataStoreContract {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final AtomicInteger PREFIXES = new AtomicInteger();

    @TempDir
    static Path folder;

    private static EtcdServer etcd;

    @BeforeAll
    static void startEtcd() {
        etcd = EtcdServer.start(folder);
    }

    @AfterAll
    static void stopEtcd() {
        etcd.close();
    }

    @Override
    MetadataStore open() {
        return connect("/test-" + PREFIXES.incrementAndGet());
    }

    @Override
    MetadataStore reopen() {
        return connect("/test-" + PREFIXES.get());
    }

    private static EtcdStore connect(String prefix) {
        return connect(prefix, etcd.endpoint());
    }

    private static EtcdStore connect(String prefix, String... endpoints) {
        return EtcdStore.connect(new EtcdSettings(List.of(endpoints), prefix, Duration.ofSeconds(2)));
    }

    @Test
    void storesWithDifferentPrefixesDoNotSeeEachOther() {
        store.commit(Txn.builder().put("mine", "1").build());
        try (EtcdStore other = connect("/somebody-else")) {
            assertThat(other.get("mine")).isEmpty();
            assertThat(other.range("").entries()).isEmpty();
        }
    }

    @Test
    void aWatchGoesOnWithoutAGapAfterEtcdWasKilledAndStartedAgain() {
        Recorder recorder = new Recorder();
        try (Watch watch = store.watch("w/", store.range("w/").revision(), recorder)) {
            store.commit(Txn.builder().put("w/1", "a").build());
            await().until(() -> recorder.seen.contains("w/1=a"));

            etcd.kill9();
            assertThatThrownBy(() -> store.get("w/1")).isInstanceOf(MetadataException.class);
            assertThat(store.problem()).isPresent();
            etcd.restart();
            await().atMost(Duration.ofSeconds(30))
                    .ignoreExceptions()
                    .until(() -> store.get("w/1").isPresent());
            store.commit(Txn.builder().put("w/2", "b").build());

            await().atMost(Duration.ofSeconds(30)).until(() -> recorder.seen.contains("w/2=b"));
            assertThat(recorder.seen).containsExactly("w/1=a", "w/2=b");
            assertThat(store.problem()).isEmpty();
            assertThat(watch).isNotNull();
        }
    }

    @Test
    void aWatchBehindCompactionSaysSo() {
        EtcdStore etcdStore = (EtcdStore) store;
        long old = store.range("w/").revision();
        for (int i = 0; i < 5; i++) {
            store.commit(Txn.builder().put("w/k", "v" + i).build());
        }
        etcdStore.maintenance().compact(etcdStore.maintenance().revision());
        Recorder recorder = new Recorder();

        store.watch("w/", old, recorder);

        await().atMost(Duration.ofSeconds(30)).until(() -> recorder.lost.get() != null);
        assertThat(recorder.lost.get().kind()).isEqualTo(MetadataException.Kind.COMPACTED);
    }

    @Test
    void theCompactorKeepsTheHistoryItIsToldToKeep() {
        AtomicLong minutes = new AtomicLong();
        EtcdCompactor compactor = new EtcdCompactor(
                (EtcdStore) store,
                Duration.ofMinutes(10),
                () -> Duration.ofMinutes(minutes.get()).toNanos());
        long first = store.commit(Txn.builder().put("c/1", "a").build()).revision();
        long second = store.commit(Txn.builder().put("c/1", "b").build()).revision();
        compactor.run();
        minutes.set(9);
        store.commit(Txn.builder().put("c/1", "c").build());
        compactor.run();
        Recorder kept = new Recorder();
        try (Watch watch = store.watch("c/", first, kept)) {
            assertThat(watch).isNotNull();
            await().atMost(LIMIT).until(() -> kept.seen.size() == 2);
        }

        minutes.set(10);
        compactor.run();

        Recorder lost = new Recorder();
        Recorder recent = new Recorder();
        store.watch("c/", first - 1, lost);
        await().atMost(LIMIT).until(() -> lost.lost.get() != null);
        try (Watch watch = store.watch("c/", second, recent)) {
            assertThat(watch).isNotNull();
            await().atMost(LIMIT).until(() -> recent.seen.equals(List.of("c/1=c")));
        }
        assertThat(store.get("c/1").orElseThrow().text()).isEqualTo("c");
    }

    @Test
    void rule4_aLeaseIsNotHeldAnyMoreWhenEtcdHasNotConfirmedItInTime() {
        AtomicBoolean lost = new AtomicBoolean();
        try (Lease lease = store.grantLease(Duration.ofSeconds(1))) {
            lease.onLost(() -> lost.set(true));
            etcd.kill9();

            await().atMost(Duration.ofSeconds(30)).until(() -> !lease.isHeld());
            await().atMost(Duration.ofSeconds(30)).untilTrue(lost);
        } finally {
            etcd.restart();
        }
    }

    @Test
    void aRequestToAnEtcdThatIsNotThereWasCertainlyNotCarriedOut() {
        etcd.kill9();
        try {
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThatThrownBy(() ->
                                    store.commit(Txn.builder().put("k", "v").build()))
                            .isInstanceOfSatisfying(
                                    MetadataException.class,
                                    e -> assertThat(e.kind()).isEqualTo(MetadataException.Kind.UNAVAILABLE)));
        } finally {
            etcd.restart();
        }
        await().atMost(Duration.ofSeconds(30))
                .ignoreExceptions()
                .until(() -> store.get("k").isEmpty());
    }

    @Test
    void aTransactionThatGetsNoAnswerMayOrMayNotHaveHappened() {
        etcd.pause();
        try {
            assertThatThrownBy(() -> store.commit(Txn.builder().put("k", "v").build()))
                    .isInstanceOfSatisfying(
                            MetadataException.class,
                            e -> assertThat(e.kind()).isEqualTo(MetadataException.Kind.OUTCOME_UNKNOWN));
            assertThat(store.problem()).isPresent();
        } finally {
            etcd.resume();
        }
        await().atMost(LIMIT).ignoreExceptions().until(() -> store.range("").entries() != null);
        assertThat(store.problem()).isEmpty();
    }

    @Test
    void rule4_aLeaseEndsHereBeforeItEndsAtAnEtcdThatHangs() {
        AtomicBoolean lost = new AtomicBoolean();
        Lease lease = store.grantLease(Duration.ofSeconds(2));
        lease.onLost(() -> lost.set(true));
        store.commit(Txn.builder().put("held", "me", lease).build());

        etcd.pause();
        try {
            await().atMost(LIMIT).until(() -> !lease.isHeld());
            await().atMost(LIMIT).untilTrue(lost);
        } finally {
            etcd.resume();
        }

        await().atMost(LIMIT).ignoreExceptions().until(() -> store.get("held").isEmpty());
        assertThat(lease.isHeld()).isFalse();
    }

    @Test
    void keysUnderALeaseVanishWhenItsOwnerFallsSilent() throws Exception {
        try (TcpProxy proxy = TcpProxy.to(URI.create(etcd.endpoint()).getPort());
                EtcdStore silent = connect("/test-" + PREFIXES.get(), "http://127.0.0.1:" + proxy.port())) {
            Lease lease = silent.grantLease(Duration.ofSeconds(2));
            silent.commit(Txn.builder().put("silent", "me", lease).build());

            proxy.silence(true);
            await().atMost(LIMIT).until(() -> store.get("silent").isEmpty());

            assertThat(lease.isHeld()).isFalse();
            proxy.cut();
        }
    }

    @Test
    void aWatchThatIsCutOffWhileItCatchesUpMissesNothing() throws Exception {
        long before = store.commit(Txn.builder().put("cut/0", "0").build()).revision();
        List<String> expected = new ArrayList<>();
        for (int i = 1; i <= 3_000; i++) {
            store.commit(Txn.builder().put("cut/" + i % 7, Integer.toString(i)).build());
            expected.add("cut/" + i % 7 + "=" + i);
        }
        try (TcpProxy proxy = TcpProxy.to(URI.create(etcd.endpoint()).getPort());
                EtcdStore unlucky = connect("/test-" + PREFIXES.get(), "http://127.0.0.1:" + proxy.port())) {
            AtomicInteger cuts = new AtomicInteger();
            Recorder recorder = new Recorder() {
                @Override
                public void onEvents(List<Event> events) {
                    super.onEvents(events);
                    if (cuts.incrementAndGet() <= 3) {
                        proxy.cut();
                    }
                }
            };

            Watch watch = unlucky.watch("cut/", before, recorder);

            await().atMost(LIMIT).until(() -> recorder.seen.size() >= expected.size());
            watch.close();
            assertThat(recorder.seen).isEqualTo(expected);
        }
    }

    @Test
    void anotherMemberIsAskedWhenOneIsDown() {
        String down = "http://127.0.0.1:" + FreePort.find();
        try (EtcdStore either = connect("/test-" + PREFIXES.get(), down, etcd.endpoint())) {
            assertThat(either.commit(Txn.builder().put("k", "v").build()).applied())
                    .isTrue();
            assertThat(either.problem()).isEmpty();
        }
    }

    @Test
    void theStoreFindsOutHowLargeTransactionsMayBe(@TempDir Path data) {
        assertThat(store.maxOperations()).isEqualTo(128);

        try (EtcdServer generous = EtcdServer.start(data, "--max-txn-ops=10000");
                EtcdStore large = connect("/x", generous.endpoint())) {
            assertThat(large.maxOperations()).isEqualTo(10_000);
        }
    }

    @Test
    void anEtcdWithoutSpaceIsNamedAndChangesNothing(@TempDir Path data) {
        try (EtcdServer small = EtcdServer.start(data, "--quota-backend-bytes=2000000");
                EtcdStore full = connect("/full", small.endpoint())) {
            byte[] value = new byte[500_000];
            MetadataException refused = null;
            for (int i = 0; i < 200 && refused == null; i++) {
                try {
                    full.commit(Txn.builder().put("fill/" + i, value).build());
                } catch (MetadataException e) {
                    refused = e;
                }
            }

            assertThat(refused).isNotNull();
            assertThat(refused.kind()).isEqualTo(MetadataException.Kind.NO_SPACE);
            assertThat(full.get("fill/0")).isPresent();
            assertThat(full.problem())
                    .hasValueSatisfying(
                            words -> assertThat(words).contains("no space").contains("alarm disarm"));
            try (EtcdStore later = connect("/full", small.endpoint())) {
                assertThat(later.problem()).isPresent();
            }
        }
    }
}
