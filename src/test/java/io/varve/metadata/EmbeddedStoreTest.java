package io.varve.metadata;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedStoreTest extends MetadataStoreContract {
    private static final List<String> FILES = List.of("metadata.mv", "metadata-2.mv");

    @TempDir
    Path directory;

    @Override
    MetadataStore open() {
        return EmbeddedStore.open(directory);
    }

    @Override
    MetadataStore reopen() {
        return EmbeddedStore.open(directory);
    }

    @Test
    void whatWasCommittedIsThereAfterAnUncleanStop() throws IOException {
        store.commit(Txn.builder().put("kept", "1").build());
        TxnResult last = store.commit(Txn.builder().put("kept", "2").build());

        Path copy = crashed();
        try (EmbeddedStore reopened = EmbeddedStore.open(copy)) {
            assertThat(reopened.get("kept").orElseThrow().text()).isEqualTo("2");
            assertThat(reopened.commit(Txn.builder().put("next", "3").build()).revision())
                    .isGreaterThan(last.revision());
        }
    }

    @Test
    void leasedKeysDoNotOutliveTheProcess() throws IOException {
        store.commit(Txn.builder()
                .put("leased", "1", store.grantLease(Duration.ofSeconds(10)))
                .build());
        Path copy = crashed();

        try (EmbeddedStore reopened = EmbeddedStore.open(copy)) {
            assertThat(reopened.get("leased")).isEmpty();
        }
    }

    @Test
    void aSecondProcessIsRefusedWithWords() {
        assertThatThrownBy(() -> EmbeddedStore.open(directory))
                .isInstanceOf(MetadataException.class)
                .hasMessageContaining("metadata.mv")
                .hasMessageContaining("another process");
    }

    @Test
    void aWatchFromForgottenHistorySaysSo() {
        for (int i = 0; i < 3; i++) {
            store.commit(Txn.builder().put("k", "v").build());
        }
        store.close();
        store = open();
        store.commit(Txn.builder().put("k", "after").build());
        Recorder recorder = new Recorder();

        store.watch("k", 1, recorder);

        await().until(() -> recorder.lost.get() != null);
        assertThat(recorder.lost.get().kind()).isEqualTo(MetadataException.Kind.COMPACTED);
    }

    @Test
    void aLargeTransactionIsWholeAfterAnUncleanStop() throws IOException {
        // Far more than MVStore would write by itself before a transaction is complete.
        String value = "x".repeat(100_000);
        for (int round = 1; round <= 3; round++) {
            Txn.Builder txn = Txn.builder();
            for (int i = 0; i < 100; i++) {
                txn.put("large/" + i, round + value);
            }
            store.commit(txn.build());
        }

        try (EmbeddedStore reopened = EmbeddedStore.open(crashed())) {
            assertThat(reopened.range("large/").entries())
                    .hasSize(100)
                    .allSatisfy(entry -> assertThat(entry.text()).startsWith("3x"));
        }
    }

    /** A copy of the files as they are now is what a crash would leave. */
    private Path crashed() throws IOException {
        Path copy = directory.resolve("crashed");
        Files.createDirectories(copy);
        for (String file : FILES) {
            Files.copy(directory.resolve(file), copy.resolve(file));
        }
        return copy;
    }

    @Test
    void rule3_whatConcurrentWritersWereToldIsThereAfterAnUncleanStop() throws Exception {
        Map<String, Long> told = new ConcurrentHashMap<>();
        AtomicBoolean stop = new AtomicBoolean();
        Map<String, Long> certain;
        Path copy;
        try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 8; i++) {
                String key = "writer/" + i;
                pool.execute(() -> {
                    for (long n = 1; !stop.get(); n++) {
                        store.commit(Txn.builder().put(key, Long.toString(n)).build());
                        told.put(key, n);
                    }
                });
            }
            await().until(() -> told.size() == 8 && told.values().stream().allMatch(n -> n > 20));
            certain = Map.copyOf(told);
            copy = crashed();
            stop.set(true);
        }

        try (EmbeddedStore reopened = EmbeddedStore.open(copy)) {
            certain.forEach((key, n) -> assertThat(
                            Long.parseLong(reopened.get(key).orElseThrow().text()))
                    .isGreaterThanOrEqualTo(n));
        }
    }

    @Test
    void anInterruptedCallerDoesNotHarmTheStore() throws InterruptedException {
        for (int i = 0; i < 50; i++) {
            int n = i;
            Thread caller = Thread.ofPlatform().start(() -> {
                Thread.currentThread().interrupt();
                try {
                    store.commit(Txn.builder().put("interrupted", "by " + n).build());
                } catch (MetadataException e) {
                    assertThat(e.kind()).isEqualTo(MetadataException.Kind.OUTCOME_UNKNOWN);
                }
            });
            caller.join();
        }

        assertThat(store.commit(Txn.builder().put("after", "1").build()).applied())
                .isTrue();
        assertThat(store.problem()).isEmpty();
    }

    @Test
    void theFileGrowsWithWhatIsInItAndNotWithWhatWasWritten() throws Exception {
        String value = "v".repeat(500);
        List<Future<?>> writers = new ArrayList<>();
        try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int writer = 0; writer < 16; writer++) {
                int own = writer;
                writers.add(pool.submit(() -> {
                    for (int i = 0; i < 1_000; i++) {
                        store.commit(Txn.builder()
                                .put("grow/" + own + "/" + i % 50, value + i)
                                .build());
                    }
                }));
            }
            for (Future<?> each : writers) {
                each.get();
            }
        }

        for (String file : FILES) {
            assertThat(Files.size(directory.resolve(file))).isLessThan(8L << 20);
        }
        assertThat(store.range("grow/").entries()).hasSize(16 * 50);
    }

    @Test
    void aDamagedFileIsRefusedWithWords() throws IOException {
        Path damaged = directory.resolve("damaged");
        Files.createDirectories(damaged);
        Files.write(
                damaged.resolve("metadata.mv"),
                "this is no metadata store ".repeat(1_000).getBytes(UTF_8));

        assertThatThrownBy(() -> EmbeddedStore.open(damaged))
                .isInstanceOf(MetadataException.class)
                .hasMessageContaining("metadata.mv cannot be read");
    }
}
