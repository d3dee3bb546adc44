package io.varve.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.junit.jupiter.api.Test;

/** As Kafka defines {@code retention.ms}, {@code retention.bytes} and their local kin. */
class RetentionTest {
    private static final long NOW = 1_000_000;

    /** Offsets 0-10, 10-20, 20-30, of 100 bytes each, whose newest records are of these times. */
    private static List<Retention.Segment> segments(long... times) {
        return IntStream.range(0, times.length)
                .mapToObj(i -> new Retention.Segment(i * 10L, i * 10L + 10, 100, times[i]))
                .toList();
    }

    private static long start(Map<String, String> config, long totalBytes, long... times) {
        return Retention.newStart(segments(times).iterator(), totalBytes, 0, new LogConfig(config), NOW);
    }

    @Test
    void aSegmentExpiresWhenItsNewestRecordIsOlderThanRetentionMs() {
        Map<String, String> config = Map.of("retention.ms", "1000");

        assertThat(start(config, 400, NOW - 1_001, NOW - 1_000, NOW)).isEqualTo(10);
        assertThat(start(config, 400, NOW - 5_000, NOW - 5_000, NOW - 5_000)).isEqualTo(30);
        assertThat(start(config, 400, NOW, NOW - 5_000, NOW)).isZero();
        assertThat(start(Map.of("retention.ms", "-1"), 400, 1, 1, 1)).isZero();
    }

    @Test
    void aSegmentGoesWhenWhatIsLeftIsStillAtLeastRetentionBytes() {
        Map<String, String> config = Map.of("retention.ms", "-1", "retention.bytes", "150");

        assertThat(start(config, 400, NOW, NOW, NOW)).isEqualTo(20);
        assertThat(start(config, 249, NOW, NOW, NOW)).isZero();
        assertThat(start(config, 250, NOW, NOW, NOW)).isEqualTo(10);
    }

    @Test
    void aCompactedTopicKeepsEverything() {
        assertThat(start(Map.of("cleanup.policy", "compact", "retention.ms", "1"), 400, 1, 1, 1))
                .isZero();
    }

    @Test
    void theLogStartNeverMovesBack() {
        assertThat(Retention.newStart(
                        segments(1, NOW, NOW).iterator(), 400, 15, new LogConfig(Map.of("retention.ms", "1000")), NOW))
                .isEqualTo(15);
    }

    @Test
    void localCopiesGoOldestFirstAndAllOfThemWhenTheDiskIsShort() {
        List<Retention.Segment> copies = segments(NOW - 5_000, NOW, NOW - 5_000);
        LogConfig byTime = new LogConfig(Map.of("local.retention.ms", "1000", "local.retention.bytes", "-1"));
        LogConfig bySize = new LogConfig(Map.of("local.retention.bytes", "250", "retention.bytes", "1000"));

        assertThat(Retention.droppableCopies(copies, 400, byTime, NOW, false)).hasSize(1);
        assertThat(Retention.droppableCopies(copies, 450, bySize, NOW, false)).hasSize(2);
        assertThat(Retention.droppableCopies(copies, 450, bySize, NOW, true)).hasSize(3);
    }
}
