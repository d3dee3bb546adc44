package io.varve.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord;
import io.varve.cluster.PartitionRecords.Versioned;
import io.varve.cluster.PartitionTransitions;
import io.varve.cluster.StoredPartitionRecords;
import io.varve.metadata.EmbeddedStore;
import java.nio.file.Path;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The record as a broker knows it comes from its own changes and from the watch, in any order. */
class PartitionMetadataTest {
    private final PartitionId id = new PartitionId(Uuid.randomUuid(), 0);
    private final PartitionRecord first = PartitionTransitions.claim(1);
    private final PartitionRecord second = PartitionTransitions.takeOver(first, 0, 2);
    private final PartitionRecord third = PartitionTransitions.takeOver(second, 1, 3);

    @TempDir
    private Path directory;

    private EmbeddedStore store;

    @BeforeEach
    void open() {
        store = EmbeddedStore.open(directory);
    }

    @AfterEach
    void close() {
        store.close();
    }

    private PartitionMetadata metadata(Versioned known) {
        return new PartitionMetadata(id, new StoredPartitionRecords(store), known, new ShiftedTime(), new Random(1));
    }

    @Test
    void whatTheWatchBringsLateDoesNotTakeTheRecordBack() {
        PartitionMetadata metadata = metadata(new Versioned(second, 20));
        metadata.saw(new Versioned(first, 10));
        assertThat(metadata.record()).isEqualTo(second);
        metadata.saw(new Versioned(third, 30));
        assertThat(metadata.record()).isEqualTo(third);
    }

    @Test
    void norDoesItAfterAChangeOfOnesOwn() {
        PartitionMetadata metadata = metadata(null);
        metadata.change(record -> first);
        long version = new StoredPartitionRecords(store).get(id).orElseThrow().version();
        metadata.change(record -> second);
        metadata.saw(new Versioned(first, version));
        assertThat(metadata.record()).isEqualTo(second);
    }
}
