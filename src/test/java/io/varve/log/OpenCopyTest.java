package io.varve.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.varve.cluster.PartitionId;
import io.varve.replica.SegmentId;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How far a copy of another owner's open segment may be read (rule 6). */
class OpenCopyTest {
    @TempDir
    private Path folder;

    private final OpenFiles files = new OpenFiles(10);
    private final AtomicInteger news = new AtomicInteger();
    private OpenCopy copy;

    @BeforeEach
    void open() {
        PartitionId partition = new PartitionId(Uuid.randomUuid(), 0);
        LocalSegment segment = LocalSegment.create(
                partition,
                SegmentState.start(4, Uuid.randomUuid(), 100, new byte[0]),
                true,
                folder.resolve("00000000000000000100.log"),
                files,
                64);
        copy = new OpenCopy(
                new SegmentId(partition, 100, 4),
                segment,
                new byte[0],
                new DiskSpace(folder, 0, 0, new SimpleMeterRegistry()),
                new LogMetrics(new SimpleMeterRegistry()),
                news::incrementAndGet);
    }

    @AfterEach
    void close() {
        files.close();
    }

    /** Appends a record; returns where it ends. */
    private int append(String value, long highWatermark) {
        ByteBuffer batch = Batches.placed(copy.endOffset(), 4, value);
        copy.append(copy.sizeBytes(), batch, highWatermark);
        return copy.sizeBytes();
    }

    @Test
    void rule6ItIsReadToWhereItsOwnerSaysAndNoFurtherThanItHasComeItself() {
        assertThat(copy.watermark()).isEqualTo(new Watermark(100, 100, 0));
        int first = append("a", 90);
        int second = append("bb", 101);
        int third = append("ccc", 101);
        assertThat(copy.watermark()).isEqualTo(new Watermark(101, 100, first));
        copy.advance(102);
        assertThat(copy.watermark()).isEqualTo(new Watermark(102, 100, second));
        // When its owner is further than it
        copy.advance(110);
        assertThat(copy.watermark()).isEqualTo(new Watermark(103, 100, third));
        int fourth = append("dddd", 104);
        assertThat(copy.watermark()).isEqualTo(new Watermark(104, 100, fourth));
    }

    @Test
    void rule6NothingMovesItBack() {
        append("a", 100);
        int second = append("b", 102);
        assertThat(copy.safeEnd()).isEqualTo(102);
        copy.advance(101);
        assertThat(copy.watermark()).isEqualTo(new Watermark(102, 100, second));
    }

    @Test
    void onceFencedItLearnsNothingMore() {
        int first = append("a", 100);
        append("b", 101);
        assertThat(copy.fence().endOffset()).isEqualTo(102);
        copy.advance(102);
        assertThat(copy.isFed()).isFalse();
        assertThat(copy.watermark()).isEqualTo(new Watermark(101, 100, first));
    }

    @Test
    void allOfASealedOneMayBeRead() {
        append("a", 100);
        int second = append("b", 101);
        copy.seal();
        assertThat(copy.isFed()).isFalse();
        assertThat(copy.watermark()).isEqualTo(new Watermark(102, 100, second));
    }

    @Test
    void whoWaitsIsToldWhenItMovesAndWhenItEnds() {
        append("a", 100);
        assertThat(news).hasValue(0);
        copy.advance(101);
        assertThat(news).hasValue(1);
        copy.advance(101);
        assertThat(news).hasValue(1);
        copy.close();
        assertThat(news).hasValue(2);
    }
}
