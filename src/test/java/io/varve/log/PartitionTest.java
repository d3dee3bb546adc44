package io.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.varve.cluster.PartitionRecord;
import io.varve.cluster.PartitionRecord.ManifestPage;
import io.varve.cluster.PartitionRecord.OffloadedSegment;
import io.varve.cluster.PartitionRecord.SealedSegment;
import io.varve.cluster.PartitionRecords;
import io.varve.cluster.PartitionTransitions;
import io.varve.tier.RemoteSegments;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class PartitionTest {
    @TempDir
    Path directory;

    private LogWorld world;

    @BeforeEach
    void open() {
        world = LogWorld.open(directory);
    }

    @AfterEach
    void close() {
        world.close();
    }

    private static Partition.Appended append(Partition partition, ByteBuffer batch) {
        return partition.append(batch, new Hold(), true);
    }

    @Test
    void offsetsFollowOneAnotherAndTheHighWatermarkFollowsTheAcks() throws Exception {
        Partition partition = world.create("a");

        assertThat(LogWorld.append(partition, Batches.at(5, "x", "y", "z"))).isZero();
        assertThat(LogWorld.append(partition, Batches.at(5, "u"))).isEqualTo(3);

        assertThat(partition.highWatermark()).isEqualTo(4);
        assertThat(partition.logEndOffset()).isEqualTo(4);
        assertThat(Batches.contents(LogWorld.read(partition, 0))).containsExactly("0=x", "1=y", "2=z", "3=u");
        assertThat(world.record(partition).epoch()).isZero();
        assertThat(world.record(partition).open().ensemble()).containsExactly(LogWorld.SELF);
    }

    @Test
    void bufferIsGivenBackInEveryPath() throws Exception {
        Partition partition = world.create("a");
        Hold hold = new Hold();

        partition.append(Batches.idempotent(9, 0, 0, "x"), hold, true).safe().get(30, TimeUnit.SECONDS);
        partition.append(Batches.idempotent(9, 0, 0, "x"), hold, true).safe().get(30, TimeUnit.SECONDS);
        assertThatThrownBy(() -> partition.append(Batches.idempotent(9, 0, 7, "x"), hold, true))
                .isInstanceOf(OutOfOrderSequenceException.class);
        partition.append(Batches.at(1, "y"), hold, false);

        LogWorld.soon().until(() -> hold.refCnt() == 1);
    }

    @Test
    void rule9ADuplicateGetsTheFirstOffsetsAndNotBeforeTheyAreSafe() throws Exception {
        // Given a batch that is not safe yet, since the record does not name its segment
        Partition partition = world.create("a");
        world.records.away(true);
        Partition.Appended first = append(partition, Batches.idempotent(9, 0, 0, "x", "y"));
        Partition.Appended next = append(partition, Batches.idempotent(9, 0, 2, "z"));

        // When its producer sends it again
        Partition.Appended repeated = append(partition, Batches.idempotent(9, 0, 0, "x", "y"));

        // Then it has the same offsets and waits as the first does
        assertThat(repeated.baseOffset()).isZero();
        LogWorld.soon().until(() -> world.records.refused.get() > 3);
        assertThat(List.of(
                        first.safe().isDone(),
                        repeated.safe().isDone(),
                        next.safe().isDone()))
                .containsOnly(false);
        assertThat(partition.highWatermark()).isZero();
        world.records.away(false);
        repeated.safe().get(30, TimeUnit.SECONDS);
        next.safe().get(30, TimeUnit.SECONDS);
        assertThat(partition.logEndOffset()).isEqualTo(3);
        // And once it is safe, at once
        assertThat(append(partition, Batches.idempotent(9, 0, 0, "x", "y")).safe())
                .isDone();
    }

    @Test
    void aGapInTheSequenceAndAnOldEpochAreRefused() throws Exception {
        Partition partition = world.create("a");
        LogWorld.append(partition, Batches.idempotent(9, 1, 0, "x"));

        assertThatThrownBy(() -> append(partition, Batches.idempotent(9, 1, 2, "x")))
                .isInstanceOf(OutOfOrderSequenceException.class);
        assertThatThrownBy(() -> append(partition, Batches.idempotent(9, 0, 1, "x")))
                .isInstanceOf(InvalidProducerEpochException.class);
        assertThatThrownBy(() -> append(partition, Batches.idempotent(9, 2, 5, "x")))
                .isInstanceOf(OutOfOrderSequenceException.class);
        assertThat(LogWorld.append(partition, Batches.idempotent(9, 2, 0, "x"))).isEqualTo(1);
        assertThat(partition.logEndOffset()).isEqualTo(2);
    }

    @Test
    void rules5And6NothingIsSafeInASegmentThatTheRecordDoesNotName() throws Exception {
        // Given a partition with one full segment
        Partition partition = world.create("a", Map.of("segment.bytes", "1048576"));
        String big = "x".repeat(600_000);
        LogWorld.append(partition, Batches.at(5, big));

        // When it rolls while the metadata store is away
        world.records.away(true);
        Partition.Appended second = append(partition, Batches.at(7, big));
        Partition.Appended third = append(partition, Batches.at(9, "small"));
        LogWorld.soon().until(() -> world.records.refused.get() > 3);

        // Then appends go on, nothing of the new segment is acknowledged or seen, in whatever way one looks
        assertThat(partition.logEndOffset()).isEqualTo(3);
        assertThat(List.of(second.safe().isDone(), third.safe().isDone())).containsOnly(false);
        assertThat(partition.highWatermark()).isEqualTo(1);
        assertThat(partition.reader().read(1, 100, true)).isInstanceOf(ReadResult.Nothing.class);
        assertThat(partition.reader().offsetForTimestamp(6).offset()).isEqualTo(-1);
        assertThat(partition.reader().offsetOfMaxTimestamp().offset()).isZero();

        // And when the store is back, all of it is
        world.records.away(false);
        third.safe().get(30, TimeUnit.SECONDS);
        assertThat(partition.highWatermark()).isEqualTo(3);
        assertThat(partition.reader().offsetOfMaxTimestamp().offset()).isEqualTo(2);
        PartitionRecord record = world.record(partition);
        assertThat(record.sealed()).extracting(SealedSegment::endOffset).containsExactly(1L);
        assertThat(record.open().baseOffset()).isEqualTo(1);
    }

    @Test
    void rule1AnOutcomeThatIsUnknownIsTriedAgainAndNothingHappensTwice() throws Exception {
        Partition partition = world.create("a", Map.of("segment.bytes", "1048576"));
        String big = "x".repeat(600_000);
        world.records.outcomesUnknown.set(2);
        LogWorld.append(partition, Batches.at(5, big));
        for (int i = 1; i < 5; i++) {
            world.records.outcomesUnknown.set(1);
            LogWorld.append(partition, Batches.at(5, big));
        }

        PartitionRecord record = world.record(partition);
        assertThat(record.sealed()).extracting(SealedSegment::baseOffset).containsExactly(0L, 1L, 2L, 3L);
        assertThat(record.epoch()).isZero();
        assertThat(LogWorld.read(partition, 0).remaining()).isGreaterThan(3_000_000);
    }

    @Test
    void rule6TheHighWatermarkNeverMovesBackWhileSegmentsRollUnderLoad() throws Exception {
        // Given a reader that watches the high watermark, and four producers
        Partition partition = world.create("a", Map.of("segment.bytes", "1048576"));
        AtomicBoolean done = new AtomicBoolean();
        AtomicBoolean movedBack = new AtomicBoolean();
        Thread watcher = Thread.ofPlatform().start(() -> {
            long last = 0;
            while (!done.get()) {
                long now = partition.highWatermark();
                if (now < last || now > partition.logEndOffset()) {
                    movedBack.set(true);
                }
                last = now;
            }
        });
        List<Thread> producers = new ArrayList<>();
        AtomicBoolean failed = new AtomicBoolean();
        for (int p = 0; p < 4; p++) {
            long producerId = p;
            producers.add(Thread.ofVirtual().start(() -> {
                try {
                    CompletableFuture<Void> previous = CompletableFuture.completedFuture(null);
                    for (int i = 0; i < 100; i++) {
                        CompletableFuture<Void> next = append(
                                        partition, Batches.idempotent(producerId, 0, i, "v".repeat(20_000)))
                                .safe();
                        previous.get(30, TimeUnit.SECONDS);
                        previous = next;
                    }
                    previous.get(30, TimeUnit.SECONDS);
                } catch (Exception e) {
                    failed.set(true);
                }
            }));
        }
        for (Thread producer : producers) {
            producer.join();
        }
        done.set(true);
        watcher.join();

        // Then it only grew, every record is there once, and the segments follow one another
        assertThat(failed).isFalse();
        assertThat(movedBack).isFalse();
        assertThat(partition.highWatermark()).isEqualTo(400);
        List<String> contents = Batches.contents(LogWorld.read(partition, 0));
        for (int i = 0; i < 400; i++) {
            assertThat(contents.get(i)).startsWith(i + "=");
        }
        LogWorld.soon().until(() -> world.record(partition).open() != null);
        long next = 0;
        for (SealedSegment segment : world.record(partition).sealed()) {
            assertThat(segment.baseOffset()).isEqualTo(next);
            next = segment.endOffset();
        }
        assertThat(world.record(partition).sealed()).hasSizeGreaterThan(2);
    }

    @Test
    void rule4AnOwnerWhoseEpochIsOverAcknowledgesNothingMore() throws Exception {
        // Given a partition that somebody else has taken over meanwhile
        Partition partition = world.create("a", Map.of("segment.bytes", "1048576"));
        String big = "x".repeat(600_000);
        LogWorld.append(partition, Batches.at(5, big));
        world.records.update(
                partition.id(),
                record -> new PartitionRecord(
                        record.version(),
                        record.epoch() + 1,
                        2,
                        0,
                        record.open(),
                        record.sealed(),
                        record.offloaded(),
                        record.pages(),
                        record.epochs(),
                        record.endOffset()));

        // When it has to roll
        Partition.Appended appended = append(partition, Batches.at(5, big));

        // Then the append fails and so does everything after it
        assertThatThrownBy(() -> appended.safe().get(30, TimeUnit.SECONDS))
                .hasCauseInstanceOf(NotLeaderOrFollowerException.class);
        assertThatThrownBy(() -> append(partition, Batches.at(5, "y")))
                .isInstanceOf(NotLeaderOrFollowerException.class);
        assertThat(partition.highWatermark()).isEqualTo(1);
    }

    @Test
    void aHandOverIsNotDisturbedByAnybodyWhoLooksAtItMeanwhile() throws Exception {
        // Given a partition whose last seal cannot be written yet
        Partition partition = world.create("a");
        LogWorld.append(partition, Batches.at(5, "x", "y"));
        world.records.away(true);
        Thread handOver = Thread.ofPlatform().start(() -> {
            try {
                world.partitions.handOver(partition, 2);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        LogWorld.soon().until(() -> !partition.isAvailable());

        // When brokers come and go, so that everything is looked at
        int refused = world.records.refused.get();
        for (int i = 0; i < 20; i++) {
            world.partitions.onBrokers();
        }
        LogWorld.soon().until(() -> world.records.refused.get() > refused + 2);

        // Then the partition is neither opened again nor is the seal another than it would have been
        assertThat(world.partitions.find(partition.id())).isSameAs(partition);
        world.records.away(false);
        handOver.join();
        assertThat(world.record(partition).sealed())
                .extracting(SealedSegment::baseOffset, SealedSegment::endOffset)
                .containsExactly(tuple(0L, 2L));
        // The successor is not there: this broker, whose disk has all of it, takes it back and goes on
        LogWorld.soon()
                .until(() -> world.partition("a") != partition
                        && world.partition("a").isAvailable());
        assertThat(world.record(partition).epoch()).isEqualTo(2);
        assertThat(LogWorld.append(world.partition("a"), Batches.at(5, "z"))).isEqualTo(2);
        assertThat(Batches.contents(LogWorld.read(world.partition("a"), 0))).containsExactly("0=x", "1=y", "2=z");
    }

    @Test
    void rule4WithoutItsLeaseABrokerIsSureOnlyOfWhatNobodyCanTakeWithoutItsDisk() throws Exception {
        // Given a partition that nobody has written to, and one whose end is on this disk alone
        Partition empty = world.create("empty");
        Partition written = world.create("written");
        LogWorld.append(written, Batches.at(5, "x"));

        // When the lease is not confirmed any more
        world.leaseHeld.set(false);

        // Then the one may be another's by now, and the other cannot be
        assertThat(empty.isCurrent()).isFalse();
        assertThat(written.isCurrent()).isTrue();
    }

    @Test
    void segmentsRollByTime() throws Exception {
        Partition partition = world.create("a", Map.of("segment.ms", "60000"));
        LogWorld.append(partition, Batches.at(world.time.milliseconds(), "x"));
        world.partitions.tidy();
        assertThat(world.record(partition).sealed()).isEmpty();

        world.time.advance(60_001);
        world.partitions.tidy();

        LogWorld.soon().until(() -> world.record(partition).sealed().size() == 1);
        assertThat(LogWorld.append(partition, Batches.at(world.time.milliseconds(), "y")))
                .isEqualTo(1);
    }

    @Test
    void aRecordWithVeryManySegmentsThatWaitForTheirUploadGetsNoMore() throws Exception {
        // Given a partition whose record is nearly as large as the metadata store takes it
        Partition partition = world.create("a", Map.of("segment.ms", "60000"));
        LogWorld.append(partition, Batches.at(world.time.milliseconds(), "x"));
        List<SealedSegment> waiting = new ArrayList<>();
        for (int i = 0; i < TailSegments.MAX_SEALED; i++) {
            waiting.add(new SealedSegment(0, 0, 0, 0, -1, List.of(LogWorld.SELF)));
        }
        sealed(partition, waiting);

        // When its open segment would have to roll, then it goes on instead
        world.time.advance(60_001);
        assertThat(LogWorld.append(partition, Batches.at(world.time.milliseconds(), "y")))
                .isEqualTo(1);
        world.partitions.tidy();
        assertThat(world.record(partition).sealed()).hasSize(TailSegments.MAX_SEALED);

        // And it rolls when there is room again
        sealed(partition, List.of());
        world.partitions.tidy();
        LogWorld.soon().until(() -> world.record(partition).sealed().size() == 1);
        assertThat(Batches.contents(LogWorld.read(partition, 0))).containsExactly("0=x", "1=y");
    }

    private void sealed(Partition partition, List<SealedSegment> segments) {
        world.records.update(
                partition.id(),
                now -> new PartitionRecord(
                        now.version(),
                        now.epoch(),
                        now.owner(),
                        now.logStartOffset(),
                        now.open(),
                        segments,
                        now.offloaded(),
                        now.pages(),
                        now.epochs(),
                        now.endOffset()));
        // Asking for what is so already reads the record again.
        partition.startAt(0, 1_000);
    }

    @Test
    void aRollThatTheDiskRefusesChangesNothing() throws Exception {
        // Given a full segment whose index cannot be written
        Partition partition = world.create("a", Map.of("segment.bytes", "1048576"));
        String big = "x".repeat(600_000);
        LogWorld.append(partition, Batches.at(5, big));
        Path index = SegmentFiles.indexOf(world.log(partition, 0));
        Files.deleteIfExists(index);
        Files.createDirectory(index);

        // When it has to roll
        assertThatThrownBy(() -> append(partition, Batches.at(5, "y" + big))).isInstanceOf(LogException.class);

        // Then the append is refused, small ones are still taken and read, and it rolls when the disk is well again
        assertThat(LogWorld.append(partition, Batches.at(5, "z"))).isEqualTo(1);
        assertThat(Batches.contents(LogWorld.read(partition, 1))).containsExactly("1=z");
        Files.delete(index);
        assertThat(LogWorld.append(partition, Batches.at(5, "u" + big))).isEqualTo(2);
        LogWorld.soon().until(() -> world.record(partition).sealed().size() == 1);
        assertThat(Batches.contents(LogWorld.read(partition, 0)))
                .hasSize(3)
                .last()
                .asString()
                .startsWith("2=u");
    }

    @Test
    void jitterRollsSegmentsSoonerThanSegmentMs() throws Exception {
        List<Partition> partitions = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            partitions.add(world.create("a" + i, Map.of("segment.ms", "60000", "segment.jitter.ms", "60000")));
            LogWorld.append(partitions.getLast(), Batches.at(world.time.milliseconds(), "x"));
        }

        world.time.advance(59_000);
        world.partitions.tidy();

        // Each rolls with a probability of 59 in 60
        LogWorld.soon()
                .until(() -> partitions.stream()
                        .anyMatch(partition -> !world.record(partition).sealed().isEmpty()));
    }

    @Test
    void rule3FlushMessagesMakesEveryAppendWaitUntilItIsSafe() throws Exception {
        // Given two topics, one with flush.messages, and a metadata store that does not confirm their segments
        Partition synced = world.create("synced", Map.of("flush.messages", "1"));
        Partition relaxed = world.create("relaxed");
        world.records.away(true);

        // When a producer does not ask for acks=all
        Partition.Appended waits = synced.append(Batches.at(5, "x"), new Hold(), false);
        Partition.Appended done = relaxed.append(Batches.at(5, "x"), new Hold(), false);

        // Then it waits where the topic says so
        LogWorld.soon().until(() -> world.records.refused.get() > 3);
        assertThat(done.safe()).isDone();
        assertThat(waits.safe()).isNotDone();
        world.records.away(false);
        waits.safe().get(30, TimeUnit.SECONDS);
    }

    @Test
    void deleteRecordsMovesTheLogStart() throws Exception {
        Partition partition = world.create("a", Map.of("segment.bytes", "1048576"));
        for (int i = 0; i < 4; i++) {
            LogWorld.append(partition, Batches.at(5, "x".repeat(600_000)));
        }
        LogWorld.soon().until(() -> world.record(partition).sealed().size() == 3);

        assertThat(partition.deleteRecordsBefore(2, 1_000)).isEqualTo(2);

        assertThat(Files.exists(world.log(partition, 1))).isFalse();
        assertThat(Files.exists(world.log(partition, 2))).isTrue();
        assertThat(world.record(partition).sealed())
                .extracting(SealedSegment::baseOffset)
                .containsExactly(2L);
        assertThatThrownBy(() -> partition.reader().read(1, 100, true)).isInstanceOf(OffsetOutOfRangeException.class);
        assertThatThrownBy(() -> partition.deleteRecordsBefore(5, 1_000)).isInstanceOf(OffsetOutOfRangeException.class);
        assertThat(partition.deleteRecordsBefore(-1, 1_000)).isEqualTo(4);
        assertThat(LogWorld.append(partition, Batches.at(5, "y"))).isEqualTo(4);
    }

    @Test
    void aDeletedTopicLeavesNoFileAndFailsWhoWaits() throws Exception {
        // Given a partition with an append that waits for the metadata store
        Partition partition = world.create("a");
        LogWorld.append(partition, Batches.at(5, "x"));
        Path folder = world.log(partition, 0).getParent();

        // When its topic is deleted
        world.topics.delete(world.topics.byName("a").orElseThrow());

        // Then
        LogWorld.soon().until(() -> !Files.exists(folder));
        assertThatThrownBy(() -> append(partition, Batches.at(5, "y")))
                .isInstanceOf(UnknownTopicOrPartitionException.class);
        assertThat(world.partitions.find(partition.id())).isNull();
    }

    @Test
    void aStopSealsEverySegmentAndRefusesAppends() throws Exception {
        Partition partition = world.create("a");
        LogWorld.append(partition, Batches.at(5, "x"));

        world.partitions.handOverAll(30_000);

        assertThat(world.record(partition).open()).isNull();
        assertThat(world.record(partition).sealed())
                .extracting(SealedSegment::endOffset)
                .containsExactly(1L);
        assertThat(world.offloader.progress().segments()).isEqualTo(1);
        assertThatThrownBy(() -> append(partition, Batches.at(5, "y")))
                .isInstanceOf(NotLeaderOrFollowerException.class);
    }

    @Test
    void aStopDoesNotHangWhenThePartitionFailsMeanwhile() throws Exception {
        // Given a partition that is rolling, and a stop that waits for that
        Partition partition = world.create("a", Map.of("segment.bytes", "1048576"));
        String big = "x".repeat(600_000);
        LogWorld.append(partition, Batches.at(5, big));
        world.records.away(true);
        Partition.Appended waiting = append(partition, Batches.at(5, big));
        Thread stop = Thread.ofPlatform().start(() -> world.partitions.handOverAll(600_000));
        LogWorld.soon().until(() -> !partition.isAvailable());

        // When the topic is deleted, or the disk fails
        partition.close(new UnknownTopicOrPartitionException("gone"));

        // Then the stop goes on
        assertThat(stop.join(Duration.ofSeconds(20))).isTrue();
        assertThat(waiting.safe()).isCompletedExceptionally();
    }

    @Test
    void aListenerThatThrowsHarmsNobody() throws Exception {
        Partition partition = world.create("a");
        partition.addAdvanceListener(() -> {
            throw new LogException("cannot open a file", new IOException("too many open files"));
        });

        LogWorld.append(partition, Batches.at(5, "x"));
        LogWorld.append(partition, Batches.at(5, "y"));

        assertThat(partition.highWatermark()).isEqualTo(2);
    }

    @Test
    void aThreadThatIsInterruptedWhileItReadsDoesNotCloseTheFileForOthers() throws Exception {
        // Given a reader that is interrupted in the middle of a read, which closes its channel
        Partition partition = world.create("a");
        LogWorld.append(partition, Batches.at(5, "x"));
        Thread reader = Thread.ofPlatform().start(() -> {
            Thread.currentThread().interrupt();
            try {
                LogWorld.read(partition, 0);
            } catch (Exception expected) {
                // Its own read fails.
            }
        });
        reader.join();

        // Then others append and read as before
        assertThat(LogWorld.append(partition, Batches.at(5, "y"))).isEqualTo(1);
        assertThat(Batches.contents(LogWorld.read(partition, 0))).containsExactly("0=x", "1=y");
    }

    @Test
    void aCheckpointOfASegmentThatIsDeletedMeanwhileIsNoFailure() throws Exception {
        Partition partition = world.create("a");
        LogWorld.append(partition, Batches.at(5, "x"));
        LocalSegment segment = partition.locals().get(0L);
        LocalSegment.Captured captured = segment.capture(new byte[0]);

        segment.delete();

        segment.checkpoint(captured);
        segment.sync();
        assertThat(Files.exists(SegmentFiles.stateOf(segment.path()))).isFalse();
    }

    @Test
    void deletingTheSameRecordsAgainKeepsASegmentThatTheRecordStillNames() throws Exception {
        // Given a log start at the end of the open segment, which is then sealed and not uploaded yet
        Partition partition = world.create("a", Map.of("segment.bytes", "1048576"));
        LogWorld.append(partition, Batches.at(5, "x".repeat(600_000)));
        assertThat(partition.deleteRecordsBefore(1, 5_000)).isEqualTo(1);
        LogWorld.append(partition, Batches.at(5, "y".repeat(600_000)));
        assertThat(world.record(partition).sealed())
                .extracting(SealedSegment::baseOffset)
                .containsExactly(0L);

        // When the same is asked for again, and the broker starts again
        assertThat(partition.deleteRecordsBefore(1, 5_000)).isEqualTo(1);
        assertThat(world.log(partition, 0)).exists();
        world.close();
        forgetJournal();
        world = LogWorld.open(directory);

        // Then nothing is missing
        Partition again = world.partition("a");
        assertThat(world.partitions.problem()).isEmpty();
        assertThat(LogWorld.append(again, Batches.at(5, "z"))).isEqualTo(2);
    }

    @Test
    void aSegmentBeforeTheLogStartIsNoLoss() throws Exception {
        // Given a sealed segment wholly before the log start
        Partition partition = world.create("a", Map.of("segment.bytes", "1048576"));
        LogWorld.append(partition, Batches.at(5, "x".repeat(600_000)));
        partition.deleteRecordsBefore(1, 5_000);
        LogWorld.append(partition, Batches.at(5, "y".repeat(600_000)));
        Path file = world.log(partition, 0);
        world.close();

        // When its file is gone
        Files.delete(file);
        forgetJournal();
        world = LogWorld.open(directory);

        // Then the partition serves, and the record names it no more
        assertThat(world.partitions.problem()).isEmpty();
        assertThat(world.record(world.partition("a")).sealed())
                .extracting(SealedSegment::baseOffset)
                .containsExactly(1L);
    }

    @Test
    void anIdempotentProducerIsRememberedByWhenItWroteNotByTheTimesOfItsRecords() throws Exception {
        // Given a producer of records of long ago
        Partition partition = world.create("a");
        assertThat(LogWorld.append(partition, Batches.idempotent(9, 0, 0, "x"))).isZero();

        // When maintenance runs before it repeats a batch whose answer was lost
        world.partitions.tidy();
        assertThat(LogWorld.append(partition, Batches.idempotent(9, 0, 0, "x"))).isZero();
        assertThat(partition.logEndOffset()).isEqualTo(1);

        // Then it is forgotten only once it has been silent for long
        world.time.advance(TimeUnit.DAYS.toMillis(1) - 60_000);
        world.partitions.tidy();
        assertThat(partition.producers()).hasSize(1);
        world.time.advance(120_000);
        world.partitions.tidy();
        assertThat(partition.producers()).isEmpty();
    }

    @Test
    void rule8ASegmentIsNotReferencedLongAfterItsUploadBegan() throws Exception {
        // Given a sealed segment
        Partition partition = world.create("a", Map.of("segment.bytes", "1048576"));
        LogWorld.append(partition, Batches.at(5, "x".repeat(600_000)));
        LogWorld.append(partition, Batches.at(5, "y".repeat(600_000)));

        // When it is uploaded while the metadata store takes no changes for longer than the sweeper waits
        world.records.away(true);
        world.offloader.start();
        LogWorld.soon().until(() -> world.records.refused.get() > 5);
        world.time.advance(Duration.ofHours(2).toMillis());
        int before = world.records.refused.get();
        LogWorld.soon().until(() -> objects() > 1 && world.records.refused.get() > before);
        world.records.away(false);

        // Then the first object, which may be swept by now, is not referenced but one of its successors is
        LogWorld.soon().until(() -> !world.record(partition).offloaded().isEmpty());
        assertThat(objects()).isGreaterThan(1);
    }

    @Test
    void aSearchByTimeSeesASegmentThatMovesToTheObjectStoreMeanwhile() throws Exception {
        // Given a sealed segment on this disk, and a manifest page before it
        Partition partition = world.create("a", Map.of("segment.bytes", "1048576"));
        LogWorld.append(partition, Batches.at(5, "x".repeat(600_000)));
        LogWorld.append(partition, Batches.at(7, "y".repeat(600_000)));
        LogWorld.soon().until(() -> !world.record(partition).sealed().isEmpty());
        byte[] bytes = Files.readAllBytes(world.log(partition, 0));
        PartitionRecord now = world.record(partition);
        PartitionRecord withPage = new PartitionRecord(
                now.version(),
                now.epoch(),
                now.owner(),
                0,
                now.open(),
                now.sealed(),
                List.of(),
                List.of(new ManifestPage("manifest/p", 0, 0, 0, 0, -1)),
                now.epochs(),
                now.endOffset());
        PartitionMetadata metadata = new PartitionMetadata(
                partition.id(), world.records, new PartitionRecords.Versioned(withPage, 0), world.time, new Random(1));
        RemoteSegments remote = new RemoteSegments() {
            @Override
            public ByteBuffer read(OffloadedSegment segment, int position, int length) {
                return ByteBuffer.wrap(bytes, position, length).slice();
            }

            @Override
            public ByteBuffer index(OffloadedSegment segment) {
                return ByteBuffer.allocate(0);
            }

            @Override
            public ByteBuffer producerStates(OffloadedSegment segment) {
                return ByteBuffer.allocate(0);
            }

            @Override
            public List<OffloadedSegment> page(ManifestPage page) {
                // When the segment is offloaded and its copy dropped while the page is read
                metadata.change(record -> PartitionTransitions.offload(
                        record, 0, new OffloadedSegment(0, 1, 0, 5, "data/o", 0, bytes.length, bytes.length, 0, 0)));
                partition.locals().drop(partition.locals().get(0));
                return List.of();
            }
        };
        PartitionReader reader =
                new PartitionReader(partition, metadata, remote, new LogMetrics(new SimpleMeterRegistry()));

        // Then its record is found
        assertThat(reader.offsetForTimestamp(5).offset()).isZero();
    }

    /** The ring has turned since: the journal does not have the segments any more. */
    private void forgetJournal() throws IOException {
        for (int number = 0; Files.deleteIfExists(directory.resolve("data/journal/" + number + ".journal")); number++) {
            // Goes on to the next one.
        }
    }

    private long objects() throws IOException {
        Path folder = directory.resolve("objects").resolve("data");
        if (!Files.exists(folder)) {
            return 0;
        }
        try (var walk = Files.walk(folder)) {
            return walk.filter(Files::isRegularFile).count();
        }
    }
}
