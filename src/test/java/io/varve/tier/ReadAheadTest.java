package io.varve.tier;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.tier.ReadAhead.Range;
import org.junit.jupiter.api.Test;

class ReadAheadTest {
    private static final ChunkKey SEGMENT = new ChunkKey("data/a", 0, 0);
    private static final int CHUNK = 100;
    private static final long SIZE = 10_000;

    private final ReadAhead readAhead = new ReadAhead(CHUNK, 800);

    private Range read(long position, int length) {
        return readAhead.onRead(SEGMENT, SIZE, position, length);
    }

    @Test
    void aReaderThatStartsAtTheFrontIsReadAheadOfAtOnce() {
        assertThat(read(0, 50)).isEqualTo(new Range(100, 300));
    }

    @Test
    void aReadInTheMiddleIsNotASequence() {
        assertThat(read(5_000, 50)).isNull();
        assertThat(read(2_000, 50)).isNull();
    }

    @Test
    void theDistanceDoublesUpToItsBound() {
        read(5_000, 100);
        assertThat(read(5_100, 100)).isEqualTo(new Range(5_200, 5_400));
        assertThat(read(5_200, 100)).isEqualTo(new Range(5_400, 5_700));
        assertThat(read(5_300, 100)).isEqualTo(new Range(5_700, 6_200));
        assertThat(read(5_400, 100)).isNull();
        assertThat(read(5_500, 100)).isNull();
        assertThat(read(5_600, 100)).isNull();
        assertThat(read(5_700, 100)).isEqualTo(new Range(6_200, 6_600));
    }

    @Test
    void aReaderThatStepsBackToAHalfBatchGoesOn() {
        // A fetch returns whole batches: the next one begins before the end of what was read.
        read(5_000, 100);
        assertThat(read(5_080, 100)).isEqualTo(new Range(5_200, 5_400));
        assertThat(read(5_160, 100)).isEqualTo(new Range(5_400, 5_700));
    }

    @Test
    void smallReadsWithinAChunkDoNotGrowTheDistance() {
        assertThat(read(0, 10)).isEqualTo(new Range(100, 300));
        for (int position = 10; position < 100; position += 10) {
            assertThat(read(position, 10)).isNull();
        }
    }

    @Test
    void neverReadsPastTheEnd() {
        read(9_700, 100);
        assertThat(read(9_800, 100)).isEqualTo(new Range(9_900, 10_000));
        assertThat(read(9_900, 100)).isNull();
    }

    @Test
    void readersOfOneSegmentAreToldApart() {
        read(1_000, 100);
        read(7_000, 100);
        assertThat(read(1_100, 100)).isEqualTo(new Range(1_200, 1_400));
        assertThat(read(7_100, 100)).isEqualTo(new Range(7_200, 7_400));
    }

    @Test
    void canBeSwitchedOff() {
        var off = new ReadAhead(CHUNK, 0);
        assertThat(off.onRead(SEGMENT, SIZE, 0, 100)).isNull();
        assertThat(off.onRead(SEGMENT, SIZE, 100, 100)).isNull();
    }
}
