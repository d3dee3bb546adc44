package io.varve.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.varve.testkit.EtcdServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("process")
class EtcdStoreTest extends MetadataStoreContract {
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

    private static EtcdStore connect(String prefix) {
        return EtcdStore.connect(new EtcdSettings(List.of(etcd.endpoint()), prefix, Duration.ofSeconds(2)));
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
    void theCompactorForgetsWhatWasHistoryAtItsRunBefore() {
        EtcdStore etcdStore = (EtcdStore) store;
        EtcdCompactor compactor = new EtcdCompactor(etcdStore);
        long old = store.range("c/").revision();
        store.commit(Txn.builder().put("c/1", "a").build());
        store.commit(Txn.builder().put("c/1", "b").build());
        compactor.run();
        store.commit(Txn.builder().put("c/2", "b").build());
        compactor.run();
        Recorder recorder = new Recorder();

        store.watch("c/", old, recorder);

        await().atMost(Duration.ofSeconds(30)).until(() -> recorder.lost.get() != null);
        assertThat(store.range("c/").entries()).hasSize(2);
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
}
