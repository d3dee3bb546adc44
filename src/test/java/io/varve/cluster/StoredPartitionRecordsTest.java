package io.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.cluster.FlakyStore.Fault;
import io.varve.cluster.PartitionRecords.Versioned;
import io.varve.metadata.EmbeddedStore;
import io.varve.metadata.MetadataException;
import io.varve.metadata.Txn;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoredPartitionRecordsTest {
    private static final PartitionId ID = new PartitionId(Uuid.fromString("AAAAAAAAQACAAAAAAAAAAQ"), 3);

    @TempDir
    Path directory;

    private FlakyStore store;
    private StoredPartitionRecords records;

    @BeforeEach
    void open() {
        store = new FlakyStore(EmbeddedStore.open(directory));
        records = new StoredPartitionRecords(store);
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void aRecordIsReadBackAsItWasWritten() {
        Versioned written =
                records.compareAndSet(ID, Txn.ABSENT, Records.full()).orElseThrow();

        assertThat(records.get(ID)).contains(written);
        assertThat(written.record()).isEqualTo(Records.full());
    }

    @Test
    void aRecordIsReadableInTheStore() {
        records.compareAndSet(ID, Txn.ABSENT, Records.full());

        assertThat(store.get("partitions/AAAAAAAAQACAAAAAAAAAAQ/3")
                        .orElseThrow()
                        .text())
                .startsWith("{\"version\":1,\"epoch\":7,\"owner\":1,\"logStartOffset\":5,\"open\":{\"baseOffset\":40,")
                .contains("\"ensemble\":[{\"broker\":1,\"disk\":\"disk-1\"},{\"broker\":2,\"disk\":\"disk-2\"}]")
                .contains("\"crc\":4294967295")
                .endsWith("\"endOffset\":40}");
    }

    @Test
    void rule1_ofTwoThatSwapAtOneVersionOneWins() {
        long version = records.compareAndSet(ID, Txn.ABSENT, Records.empty())
                .orElseThrow()
                .version();

        Optional<Versioned> first = records.compareAndSet(ID, version, Records.withEpoch(1));
        Optional<Versioned> second = records.compareAndSet(ID, version, Records.withEpoch(2));

        assertThat(first).isPresent();
        assertThat(second).isEmpty();
        assertThat(records.get(ID).orElseThrow().record().epoch()).isEqualTo(1);
    }

    @Test
    void rule1_concurrentUpdatesLoseNone() throws Exception {
        records.compareAndSet(ID, Txn.ABSENT, Records.empty());
        try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> updates = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                updates.add(pool.submit(() -> {
                    for (int n = 0; n < 10; n++) {
                        raiseEpoch();
                    }
                }));
            }
            for (Future<?> update : updates) {
                update.get();
            }
        }
        assertThat(records.get(ID).orElseThrow().record().epoch()).isEqualTo(40);
    }

    private void raiseEpoch() {
        records.update(ID, before -> Records.withEpoch(before.epoch() + 1));
    }

    @Test
    void anUpdateReadsAgainAfterAnUnknownOutcome() {
        records.compareAndSet(ID, Txn.ABSENT, Records.empty());
        AtomicInteger calls = new AtomicInteger();
        store.failNext(Fault.APPLIED_WITHOUT_ANSWER);

        Optional<Versioned> updated = records.update(ID, before -> {
            calls.incrementAndGet();
            return before.epoch() == 1 ? before : Records.withEpoch(1);
        });

        assertThat(updated.orElseThrow().record().epoch()).isEqualTo(1);
        assertThat(calls).hasValue(2);
    }

    @Test
    void anUpdateThatChangesNothingWritesNothing() {
        long version = records.compareAndSet(ID, Txn.ABSENT, Records.empty())
                .orElseThrow()
                .version();

        assertThat(records.update(ID, before -> before).orElseThrow().version()).isEqualTo(version);
        PartitionId unknown = new PartitionId(ID.topicId(), 99);
        assertThat(records.update(unknown, before -> before)).isEmpty();
    }

    @Test
    void aStoreThatIsAwayIsNotAskedForEver() {
        store.down(true);

        assertThatThrownBy(() -> records.update(ID, before -> Records.empty()))
                .isInstanceOfSatisfying(
                        MetadataException.class,
                        e -> assertThat(e.kind()).isEqualTo(MetadataException.Kind.UNAVAILABLE));
    }

    @Test
    void recordsAreFoundByTheirIds() {
        List<PartitionId> some = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            PartitionId id = new PartitionId(ID.topicId(), i);
            records.compareAndSet(id, Txn.ABSENT, Records.withEpoch(i));
            if (i % 10 != 0) {
                some.add(id);
            }
        }
        PartitionId lone = new PartitionId(Uuid.randomUuid(), 0);
        records.compareAndSet(lone, Txn.ABSENT, Records.withEpoch(77));
        PartitionId unknown = new PartitionId(Uuid.randomUuid(), 0);
        List<PartitionId> wanted = new ArrayList<>(some);
        wanted.add(lone);
        wanted.add(unknown);

        assertThat(records.get(wanted))
                .hasSize(some.size() + 1)
                .containsKeys(some.toArray(PartitionId[]::new))
                .containsKey(lone);
        assertThat(records.get(List.of(lone, unknown))).containsOnlyKeys(lone);
        assertThat(records.all()).hasSize(31);
    }

    @Test
    void aNewerFormatIsRefusedWithWordsWhateverItLooksLike() {
        store.commit(Txn.builder()
                .put(StoredPartitionRecords.key(ID), "{\"version\":2,\"epoch\":\"not a number any more\"}")
                .build());

        assertThatThrownBy(() -> records.get(ID))
                .isInstanceOf(ClusterException.class)
                .hasMessageContaining("newer version of Varve")
                .hasMessageContaining("upgrade");
    }

    @Test
    void fieldsOfALaterVersionAreIgnored() {
        store.commit(Txn.builder()
                .put(
                        StoredPartitionRecords.key(ID),
                        "{\"version\":1,\"epoch\":4,\"owner\":1,\"logStartOffset\":0,\"endOffset\":9,\"colour\":\"red\"}")
                .build());

        assertThat(records.get(ID).orElseThrow().record().endOffset()).isEqualTo(9);
    }

    @Test
    void damageIsNamedWithItsKey() {
        store.commit(Txn.builder()
                .put(StoredPartitionRecords.key(ID), "{\"version\":1,")
                .build());

        assertThatThrownBy(() -> records.get(ID))
                .isInstanceOf(ClusterException.class)
                .hasMessageContaining("partitions/AAAAAAAAQACAAAAAAAAAAQ/3")
                .hasMessageContaining("damaged");
    }
}
