package io.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.cluster.PartitionId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several that know one file: a journal's, a former owner's, and who found it on the disk later. */
class LocalSegmentTest {
    private static final PartitionId PARTITION = new PartitionId(Uuid.randomUuid(), 0);

    @TempDir
    Path directory;

    private final OpenFiles files = new OpenFiles(10);
    private Path path;

    @BeforeEach
    void name() {
        path = directory.resolve("00000000000000000100.log");
    }

    @AfterEach
    void close() {
        files.close();
    }

    private LocalSegment create(int epoch) {
        SegmentState start = SegmentState.start(epoch, Uuid.randomUuid(), 100, new byte[0]);
        return LocalSegment.create(PARTITION, start, true, path, files, 4096);
    }

    private LocalSegment found() {
        SegmentState start = SegmentState.start(1, Uuid.randomUuid(), 100, new byte[0]);
        return new LocalSegment(PARTITION, 100, path, files, 4096, start, new SegmentIndex());
    }

    private String[] left() throws IOException {
        try (var children = Files.list(directory)) {
            return children.map(child -> child.getFileName().toString())
                    .sorted()
                    .toArray(String[]::new);
        }
    }

    @Test
    void aFileThatAnotherHasDeletedNeedsNoSync() throws Exception {
        LocalSegment written = create(1);
        written.append(Batches.placed(100, 1, "a"));
        LocalSegment.Captured captured = written.capture(new byte[0]);
        // When somebody who has found it on the disk removes it
        found().delete();
        // Then the journal, which knows it from its owner, has nothing to do for it, and brings nothing of it back
        written.sync();
        written.syncName();
        written.checkpoint(captured);
        written.seal(new byte[0]);
        assertThat(written.isDeleted()).isTrue();
        assertThat(left()).isEmpty();
    }

    @Test
    void whoKnewAnEarlierFileOfTheNameDoesNothingToTheNewOne() throws Exception {
        LocalSegment earlier = create(1);
        earlier.append(Batches.placed(100, 1, "a"));
        LocalSegment.Captured captured = earlier.capture(new byte[0]);
        LocalSegment now = create(2);
        String[] before = left();

        earlier.checkpoint(captured);
        earlier.seal(new byte[0]);
        earlier.delete();
        assertThatThrownBy(() -> earlier.append(Batches.placed(101, 1, "b"))).isInstanceOf(LogException.class);

        assertThat(left()).isEqualTo(before);
        assertThat(Files.size(path)).isZero();
        assertThat(SegmentRecovery.epochOf(path)).isEqualTo(2);
        now.append(Batches.placed(100, 2, "c"));
        assertThat(Files.size(path)).isEqualTo(now.size());
    }
}
