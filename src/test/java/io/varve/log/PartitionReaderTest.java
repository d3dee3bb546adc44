package io.varve.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.log.PartitionReader.OffsetAndTime;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Reads of both tiers: the same answers, wherever a segment lies. */
@Timeout(60)
class PartitionReaderTest {
    /** Two of them do not fit in a segment of 1 MiB. */
    private static final String BIG = "b".repeat(600_000);

    @TempDir
    Path directory;

    private LogWorld world;

    @AfterEach
    void close() {
        world.close();
    }

    /** Offsets 0 to 5, one a segment, at times 10, 20, 30, 40, 50, 60; all but the last sealed. */
    private Partition sixSegments(boolean uploads, Map<String, String> more) throws Exception {
        world = new LogWorld(directory, LogWorld.Ring.LARGE, uploads);
        Map<String, String> configs = new HashMap<>(more);
        configs.put("segment.bytes", "1048576");
        configs.put("retention.ms", "-1");
        Partition partition = world.create("a", configs);
        for (int i = 0; i < 6; i++) {
            LogWorld.append(partition, Batches.at(10 + 10L * i, i + BIG));
        }
        if (uploads) {
            LogWorld.soon().until(() -> world.record(partition).offloaded().size() == 5);
        }
        return partition;
    }

    private static void assertAllAnswers(Partition partition) throws Exception {
        PartitionReader reader = partition.reader();
        assertThat(Batches.contents(LogWorld.read(partition, 0)))
                .containsExactly("0=0" + BIG, "1=1" + BIG, "2=2" + BIG, "3=3" + BIG, "4=4" + BIG, "5=5" + BIG);
        assertThat(reader.offsetForTimestamp(0).offset()).isZero();
        assertThat(reader.offsetForTimestamp(30)).isEqualTo(new OffsetAndTime(2, 30, 0));
        assertThat(reader.offsetForTimestamp(31)).isEqualTo(new OffsetAndTime(3, 40, 0));
        assertThat(reader.offsetForTimestamp(60)).isEqualTo(new OffsetAndTime(5, 60, 0));
        assertThat(reader.offsetForTimestamp(61).offset()).isEqualTo(-1);
        assertThat(reader.offsetOfMaxTimestamp()).isEqualTo(new OffsetAndTime(5, 60, 0));
        assertThat(reader.endOfEpoch(0).orElseThrow().startOffset()).isEqualTo(6);
        assertThat(reader.epochOf(3)).isZero();
    }

    @Test
    void hotAndColdReadsGiveTheSame() throws Exception {
        // Given a partition whose sealed segments are in the object store
        Partition partition = sixSegments(true, Map.of("local.retention.ms", "1", "retention.ms", "-1"));
        assertThat(partition.reader().read(0, 100, true)).isInstanceOf(ReadResult.Hot.class);
        assertAllAnswers(partition);

        // When the local copies are dropped
        world.partitions.tidy();

        // Then the answers are the same
        assertThat(Files.exists(world.log(partition, 4))).isFalse();
        assertThat(partition.reader().read(0, 100, true)).isInstanceOf(ReadResult.Cold.class);
        assertThat(partition.reader().earliestLocalOffset()).isEqualTo(5);
        assertThat(partition.reader().latestTieredOffset()).isEqualTo(4);
        assertAllAnswers(partition);
    }

    @Test
    void aReadOfACopyThatIsDroppedJustNowGoesToTheObjectStore() throws Exception {
        Partition partition = sixSegments(true, Map.of());
        // When the file goes between the look-up and the read
        LocalSegment segment = partition.locals().get(2L);
        segment.delete();

        ReadResult result = partition.reader().read(2, 10_000_000, true);

        assertThat(result).isInstanceOf(ReadResult.Cold.class);
        assertThat(Batches.contents(LogWorld.bytes(result))).containsExactly("2=2" + BIG);
    }

    @Test
    void anOffsetByTimeIsNeverBeforeTheLogStart() throws Exception {
        // Given a segment of which the first records were deleted
        world = LogWorld.open(directory);
        Partition partition = world.create("a");
        for (int i = 0; i < 10; i++) {
            LogWorld.append(partition, Batches.at(100 + i, "v" + i));
        }
        partition.deleteRecordsBefore(5, 1_000);

        // Then the first record after the log start that is late enough is found
        assertThat(partition.reader().offsetForTimestamp(102)).isEqualTo(new OffsetAndTime(5, 105, 0));
        assertThat(partition.reader().offsetForTimestamp(107)).isEqualTo(new OffsetAndTime(7, 107, 0));
    }

    @Test
    void aReadIsBoundedButFindsAtLeastTheFirstBatch() throws Exception {
        world = LogWorld.open(directory);
        Partition partition = world.create("a");
        ByteBuffer batch = Batches.at(5, "0123456789");
        int size = batch.remaining();
        for (int i = 0; i < 5; i++) {
            LogWorld.append(partition, Batches.at(5, "0123456789"));
        }
        PartitionReader reader = partition.reader();

        assertThat(LogWorld.bytes(reader.read(1, 2 * size, false)).remaining()).isEqualTo(2 * size);
        assertThat(LogWorld.bytes(reader.read(1, 1, true)).remaining()).isEqualTo(size);
        assertThat(reader.read(1, 1, false)).isInstanceOf(ReadResult.Nothing.class);
        assertThat(reader.read(5, 100, true)).isInstanceOf(ReadResult.Nothing.class);
        assertThat(reader.availableBytes(3)).isEqualTo(2L * size);
    }

    @Test
    void retentionDropsReferencesAndWhatWaitsForItsUpload() throws Exception {
        // Given five sealed segments that were never uploaded
        Partition partition = sixSegments(false, Map.of());
        LogWorld.soon().until(() -> world.offloader.progress().segments() == 5);

        // When three of them are past retention
        partition.deleteRecordsBefore(3, 1_000);

        // Then nobody tries to upload what is gone
        assertThat(world.offloader.progress().segments()).isEqualTo(2);

        // And a deleted topic leaves nothing to upload
        world.topics.delete(partition.topic());
        LogWorld.soon().until(() -> world.offloader.progress().segments() == 0);
    }
}
