package io.varve.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedStoreTest extends MetadataStoreContract {
    @TempDir
    Path directory;

    @Override
    MetadataStore open() {
        return EmbeddedStore.open(directory);
    }

    @Test
    void whatWasCommittedIsThereAfterAnUncleanStop() throws IOException {
        store.commit(Txn.builder().put("kept", "1").build());
        TxnResult last = store.commit(Txn.builder().put("kept", "2").build());

        // A copy of the file as it is now is what a crash would leave.
        Path copy = directory.resolve("copy");
        Files.createDirectories(copy);
        Files.copy(directory.resolve("metadata.mv"), copy.resolve("metadata.mv"));
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
        Path copy = directory.resolve("copy");
        Files.createDirectories(copy);
        Files.copy(directory.resolve("metadata.mv"), copy.resolve("metadata.mv"));

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
}
