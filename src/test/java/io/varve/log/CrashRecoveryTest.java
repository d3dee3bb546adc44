package io.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.cluster.PartitionId;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.errors.LeaderNotAvailableException;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Rule 3 across a crash: what was acknowledged is there afterwards, byte for byte, and producers are known as they were. */
@Timeout(120)
class CrashRecoveryTest {
    private static final LogWorld.Ring SMALL = new LogWorld.Ring(64 << 10, 2);

    @TempDir
    Path temp;

    private final long seed = Long.getLong("varve.test.seed", System.nanoTime());
    private final Random random = new Random(seed);

    /** A batch that was acknowledged, as the client sent it. */
    private record Acked(long offset, long producerId, int sequence, String value) {}

    /** Appends batch after batch of one idempotent producer until stopped, and notes what was acknowledged. */
    private static final class Producer implements AutoCloseable {
        final ConcurrentSkipListMap<Long, Acked> acked = new ConcurrentSkipListMap<>();
        private final AtomicBoolean stop = new AtomicBoolean();
        private final Thread thread;
        private volatile Throwable failure;

        Producer(Partition partition, long producerId, long seed) {
            thread = Thread.ofVirtual().start(() -> {
                Random sizes = new Random(seed);
                try {
                    for (int sequence = 0; !stop.get(); sequence++) {
                        String value = producerId + ":" + sequence + ":" + "x".repeat(sizes.nextInt(9_000));
                        long offset = LogWorld.append(partition, Batches.idempotent(producerId, 0, sequence, value));
                        acked.put(offset, new Acked(offset, producerId, sequence, value));
                    }
                } catch (Exception e) {
                    failure = e;
                }
            });
        }

        @Override
        public void close() {
            stop.set(true);
            try {
                assertThat(thread.join(Duration.ofSeconds(30))).isTrue();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            assertThat(failure).isNull();
        }
    }

    private static List<Acked> snapshot(List<Producer> producers) {
        List<Acked> all = new ArrayList<>();
        producers.forEach(producer -> all.addAll(producer.acked.values()));
        return all;
    }

    /** Everything acknowledged is there, offsets are contiguous, and each producer goes on from where the log ends. */
    private void assertWhole(LogWorld world, Partition partition, List<Acked> acked) throws Exception {
        assertThat(partition.isAvailable()).as("seed %d", seed).isTrue();
        List<String> contents = Batches.contents(LogWorld.read(partition, 0));
        for (int i = 0; i < contents.size(); i++) {
            assertThat(contents.get(i)).as("seed %d", seed).startsWith(i + "=");
        }
        Map<Long, Integer> last = new HashMap<>();
        for (String content : contents) {
            String[] parts = content.substring(content.indexOf('=') + 1).split(":", 3);
            last.merge(Long.parseLong(parts[0]), Integer.parseInt(parts[1]), Math::max);
        }
        for (Acked batch : acked) {
            assertThat(contents.size()).as("seed %d", seed).isGreaterThan((int) batch.offset());
            assertThat(contents.get((int) batch.offset())).isEqualTo(batch.offset() + "=" + batch.value());
        }
        for (ProducerState producer : partition.producers()) {
            assertThat(producer.lastSequence()).as("seed %d", seed).isEqualTo(last.get(producer.producerId()));
        }
        assertThat(partition.producers()).hasSameSizeAs(last.keySet());
        long end = partition.logEndOffset();
        assertThat(end).isEqualTo(contents.size());
        for (Map.Entry<Long, Integer> known : last.entrySet()) {
            ByteBuffer gap = Batches.idempotent(known.getKey(), 0, known.getValue() + 2, "gap");
            assertThatThrownBy(() -> partition.append(gap, new Hold(), true))
                    .isInstanceOf(OutOfOrderSequenceException.class);
            assertThat(LogWorld.append(partition, Batches.idempotent(known.getKey(), 0, known.getValue() + 1, "after")))
                    .isEqualTo(end++);
        }
        assertThat(world.record(partition).epoch())
                .isEqualTo(partition.leaderEpoch())
                .isPositive();
    }

    @Test
    void rule2NothingIsJournaledOfAPartitionThatHasNoRecordYet_andWhatWasAppendedMeanwhileSurvives() throws Exception {
        try (LogWorld world = new LogWorld(temp.resolve("live"), SMALL, false)) {
            // Given a partition that no record names: another broker may take itself for its owner, under the same
            // epoch
            Partition other = world.create("b");
            LogWorld.append(other, Batches.at(5, "x"));
            Partition partition = world.create("a");
            world.records.away(true);
            CompletableFuture<Void> acknowledged =
                    partition.append(Batches.at(5, "a"), new Hold(), true).safe();
            // When the journal has what came later
            LogWorld.append(other, Batches.at(5, "y"));
            // Then it has nothing of that, which could be replayed over a copy of the other's
            Set<PartitionId> journaled = new HashSet<>();
            JournalReplay.replay(world.data.resolve("journal"), (header, _) -> journaled.add(header.partition()));
            assertThat(journaled).containsExactly(other.id());
            assertThat(acknowledged).isNotDone();
            // And when there is a record, it is synced before it is acknowledged, and survives
            world.records.away(false);
            acknowledged.get(30, TimeUnit.SECONDS);
            LogWorld.append(partition, Batches.at(5, "b"));
            Path copy = temp.resolve("crashed");
            world.crash(copy);
            try (LogWorld recovered = new LogWorld(copy, SMALL, false)) {
                assertThat(Batches.contents(LogWorld.read(recovered.partition("a"), 0)))
                        .containsExactly("0=a", "1=b");
            }
        }
    }

    @Test
    void rule3WhatWasAcknowledgedBeforeACrashIsThereAfterwards() throws Exception {
        // Given producers on two partitions, small journal files and small segments
        try (LogWorld world = new LogWorld(temp.resolve("live"), SMALL, false)) {
            Partition a = world.create("a", Map.of("segment.bytes", "1048576"));
            Partition b = world.create("b");
            List<Producer> onA = List.of(new Producer(a, 1, seed), new Producer(a, 2, seed + 1));
            List<Producer> onB = List.of(new Producer(b, 3, seed + 2));
            for (int crash = 0; crash < 5; crash++) {
                // When the disk is copied as it is, while appends are under way
                int enough = (crash + 1) * 60;
                LogWorld.soon()
                        .until(() -> onA.getFirst().acked.size() > enough
                                && onB.getFirst().acked.size() > enough);
                List<Acked> ackedA = snapshot(onA);
                List<Acked> ackedB = snapshot(onB);
                Path copy = temp.resolve("crash-" + crash);
                world.crash(copy);

                // Then a broker that starts on the copy has everything
                try (LogWorld recovered = new LogWorld(copy, SMALL, false)) {
                    assertWhole(recovered, recovered.partition("a"), ackedA);
                    assertWhole(recovered, recovered.partition("b"), ackedB);
                }
                // And again, when it crashes at once
                try (LogWorld again = new LogWorld(copy, SMALL, false)) {
                    assertThat(again.partition("a").isAvailable()).isTrue();
                    assertThat(again.partition("a").highWatermark()).isGreaterThan(ackedA.size());
                }
            }
            for (Producer producer : onA) {
                producer.close();
            }
            onB.getFirst().close();
        }
    }

    @Test
    void section3aWhatTheJournalHasSurvivesTornSegmentFiles() throws Exception {
        // Given acknowledged batches whose segments are in the page cache only: the journal has them all
        List<Acked> acked;
        Path live = temp.resolve("live");
        try (LogWorld world = LogWorld.open(live)) {
            Partition partition = world.create("a", Map.of("segment.bytes", "1048576"));
            try (Producer producer = new Producer(partition, 1, seed)) {
                LogWorld.soon().until(() -> producer.acked.size() > 500);
                acked = snapshot(List.of(producer));
                for (int crash = 0; crash < 8; crash++) {
                    world.crash(temp.resolve("crash-" + crash));
                }
            }
        }
        for (int crash = 0; crash < 8; crash++) {
            Path copy = temp.resolve("crash-" + crash);
            // When the power goes: files are shorter, or garbage, or gone in part
            damageSomeSegmentFiles(copy.resolve("data").resolve("partitions"));

            // Then nothing acknowledged is missing
            try (LogWorld recovered = LogWorld.open(copy)) {
                assertWhole(recovered, recovered.partition("a"), acked);
            }
        }
    }

    private void damageSomeSegmentFiles(Path folder) throws Exception {
        List<Path> files;
        try (var walk = Files.walk(folder)) {
            files = walk.filter(Files::isRegularFile).sorted().toList();
        }
        for (Path file : files) {
            long size = Files.size(file);
            if (random.nextInt(4) == 0 || size == 0) {
                continue;
            }
            boolean isLog = file.toString().endsWith(".log");
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                switch (random.nextInt(isLog ? 2 : 3)) {
                    case 0 -> channel.truncate(random.nextLong(size));
                    case 1 -> {
                        byte[] garbage = new byte[(int) Math.min(size, 5_000)];
                        random.nextBytes(garbage);
                        long at = random.nextLong(size);
                        garbage = Arrays.copyOf(garbage, (int) Math.min(garbage.length, size - at));
                        if (isLog) {
                            channel.write(ByteBuffer.wrap(garbage), at);
                        } else {
                            channel.write(ByteBuffer.wrap(new byte[garbage.length]), at);
                        }
                    }
                    default -> Files.delete(file);
                }
            }
        }
    }

    @Test
    void rule3ATornEndOfTheJournalTakesNothingThatTheSegmentHas() throws Exception {
        Path live = temp.resolve("live");
        List<Acked> acked;
        try (LogWorld world = LogWorld.open(live)) {
            try (Producer producer = new Producer(world.create("a"), 1, seed)) {
                LogWorld.soon().until(() -> producer.acked.size() > 100);
                acked = snapshot(List.of(producer));
                world.crash(temp.resolve("crash"));
            }
        }
        // When the process died (segments are whole) and the journal is garbage from some place on
        try (FileChannel journal =
                FileChannel.open(temp.resolve("crash/data/journal/0.journal"), StandardOpenOption.WRITE)) {
            byte[] garbage = new byte[4_000_000];
            random.nextBytes(garbage);
            journal.write(ByteBuffer.wrap(garbage), random.nextInt(200_000));
        }

        try (LogWorld recovered = LogWorld.open(temp.resolve("crash"))) {
            assertWhole(recovered, recovered.partition("a"), acked);
        }
    }

    @Test
    void aSegmentThatEndsBeforeWhatTheJournalHasIsRefusedLoudly() throws Exception {
        // Given a segment of which an early part was checkpointed and is no longer in the journal
        Path crash = temp.resolve("crash");
        Path log;
        try (LogWorld world = new LogWorld(temp.resolve("live"), SMALL, false)) {
            Partition partition = world.create("a");
            for (int i = 0; i < 60; i++) {
                LogWorld.append(partition, Batches.at(5, "x".repeat(8_000)));
            }
            log = world.directory.relativize(world.log(partition, 0));
            world.crash(crash);
        }
        // When that early part rots, and the checkpoint that would skip it is gone
        Path damaged = crash.resolve(log.toString());
        Files.deleteIfExists(SegmentFiles.stateOf(damaged));
        try (FileChannel file = FileChannel.open(damaged, StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.wrap(new byte[100]), 9_000);
        }
        long sizeBefore = Files.size(damaged);

        // Then the partition is unavailable, says so, and the file is left as it is
        try (LogWorld recovered = new LogWorld(crash, SMALL, false)) {
            Partition partition = recovered.partition("a");
            assertThatThrownBy(() -> partition.append(Batches.at(5, "y"), new Hold(), true))
                    .isInstanceOf(LeaderNotAvailableException.class)
                    .hasMessageContaining("damaged at offset 1");
            assertThat(recovered.partitions.problem().orElseThrow()).contains("1 partitions are unavailable");
            assertThat(recovered.record(partition).open()).isNotNull();
            assertThat(Files.size(damaged)).isEqualTo(sizeBefore);

            // And it is given up when the operator says so
            recovered.topics.alterConfigs(
                    recovered.topics.byName("a").orElseThrow(),
                    configs -> Map.of("unclean.leader.election.enable", "true"));
            LogWorld.soon().until(() -> recovered.partition("a").isAvailable());
            assertThat(recovered.partition("a").highWatermark()).isEqualTo(1);
            assertThat(recovered.partitions.problem()).isEmpty();
        }
    }

    @Test
    void aSegmentThatEndsBeforeItsCheckpointIsRefusedLoudly() throws Exception {
        // Given a segment with a checkpoint
        Path crash = temp.resolve("crash");
        Path log;
        try (LogWorld world = new LogWorld(temp.resolve("live"), SMALL, false)) {
            Partition partition = world.create("a");
            for (int i = 0; i < 60; i++) {
                LogWorld.append(partition, Batches.at(5, "x".repeat(8_000)));
            }
            log = world.directory.relativize(world.log(partition, 0));
            world.crash(crash);
        }
        // When the disk has lost most of it, and the journal as a whole
        try (FileChannel file = FileChannel.open(crash.resolve(log.toString()), StandardOpenOption.WRITE)) {
            file.truncate(9_000);
        }
        Files.delete(crash.resolve("data/journal/0.journal"));
        Files.delete(crash.resolve("data/journal/1.journal"));

        try (LogWorld recovered = new LogWorld(crash, SMALL, false)) {
            assertThat(recovered.partition("a").isAvailable()).isFalse();
            assertThat(recovered.partitions.problem().orElseThrow()).contains("damaged at offset 1");
        }
    }

    @Test
    void aPartitionThatCannotBeReadKeepsNoOtherFromServing() throws Exception {
        // Given two partitions with a sealed segment each
        Path live = temp.resolve("live");
        Path log;
        try (LogWorld world = LogWorld.open(live)) {
            Partition broken = world.create("broken");
            Partition good = world.create("good");
            for (int i = 0; i < 10; i++) {
                LogWorld.append(broken, Batches.at(5, "x".repeat(1_000)));
                LogWorld.append(good, Batches.at(5, "x".repeat(1_000)));
            }
            world.partitions.handOverAll(30_000);
            log = world.log(broken, 0);
        }
        // When the file of one cannot be opened, and the journal does not know of it any more
        Files.delete(log);
        Files.createDirectory(log);
        Files.delete(live.resolve("data/journal/0.journal"));

        // Then that one is unavailable, in words, and the other serves
        try (LogWorld recovered = LogWorld.open(live)) {
            assertThat(recovered.partitions.problem().orElseThrow())
                    .contains("1 partitions are unavailable", log.getFileName().toString());
            assertThat(recovered.partitions.onlyOnThisDisk()).hasSize(2);
            assertThat(LogWorld.append(recovered.partition("good"), Batches.at(5, "y")))
                    .isEqualTo(10);
        }
    }

    @Test
    void anOpenSegmentWhoseFileIsGoneIsRefusedLoudly() throws Exception {
        Path log;
        try (LogWorld world = LogWorld.open(temp.resolve("live"))) {
            Partition partition = world.create("a");
            LogWorld.append(partition, Batches.at(5, "x"));
            log = world.directory.relativize(world.log(partition, 0));
            world.crash(temp.resolve("crash"));
        }
        // When somebody removed files, the journal's too
        Files.delete(temp.resolve("crash").resolve(log.toString()));
        Files.delete(temp.resolve("crash/data/journal/0.journal"));

        try (LogWorld recovered = LogWorld.open(temp.resolve("crash"))) {
            assertThat(recovered.partition("a").isAvailable()).isFalse();
            assertThat(recovered.partitions.problem().orElseThrow()).contains("open segment from 0");
        }
    }

    @Test
    void aCrashBetweenARollAndItsCompareAndSwapLosesNothing() throws Exception {
        // Given a roll that waits for the metadata store
        Path crash = temp.resolve("crash");
        try (LogWorld world = LogWorld.open(temp.resolve("live"))) {
            Partition partition = world.create("a", Map.of("segment.bytes", "1048576"));
            for (int i = 0; i < 100; i++) {
                LogWorld.append(partition, Batches.idempotent(7, 0, i, "x".repeat(10_000)));
            }
            world.records.away(true);
            for (int i = 100; i < 120; i++) {
                partition.append(Batches.idempotent(7, 0, i, "x".repeat(10_000)), new Hold(), true);
            }
            LogWorld.soon().until(() -> world.records.refused.get() > 0);
            assertThat(partition.locals().byBaseOffset()).hasSize(2);

            // When the broker dies there
            world.crash(crash);
            world.records.away(false);
            LogWorld.soon().until(() -> partition.highWatermark() == 120);
        }

        // Then what was acknowledged is there, and the producer's retry is taken
        try (LogWorld recovered = LogWorld.open(crash)) {
            Partition partition = recovered.partition("a");
            long end = partition.highWatermark();
            assertThat(end).isBetween(100L, 119L);
            assertThat(LogWorld.append(partition, Batches.idempotent(7, 0, (int) end, "retry")))
                    .isEqualTo(end);
            assertThat(LogWorld.append(partition, Batches.idempotent(7, 0, (int) end, "retry")))
                    .isEqualTo(end);
        }
    }

    @Test
    void section3aStartUpAfterAPlannedStopFindsEverythingSealed() throws Exception {
        Path live = temp.resolve("live");
        try (LogWorld world = LogWorld.open(live)) {
            Partition partition = world.create("a");
            LogWorld.append(partition, Batches.idempotent(7, 0, 0, "x", "y"));
            world.partitions.handOverAll(TimeUnit.SECONDS.toMillis(30));
        }
        try (LogWorld world = LogWorld.open(live)) {
            Partition partition = world.partition("a");
            assertThat(Batches.contents(LogWorld.read(partition, 0))).containsExactly("0=x", "1=y");
            assertThat(LogWorld.append(partition, Batches.idempotent(7, 0, 0, "x", "y")))
                    .isZero();
            assertThat(LogWorld.append(partition, Batches.idempotent(7, 0, 2, "z")))
                    .isEqualTo(2);
            assertThat(partition.leaderEpoch()).isEqualTo(1);
            assertThat(partition.reader().endOfEpoch(0).orElseThrow().startOffset())
                    .isEqualTo(2);
        }
    }

    @Test
    void aSegmentThatWasNeverNamedDoesNotComeBackIntoItsSuccessor() throws Exception {
        // Given appends to a segment that the record does not name yet, in a journal file behind the first one
        LogWorld.Ring ring = new LogWorld.Ring(300_000, 3);
        Path first = temp.resolve("first");
        try (LogWorld world = new LogWorld(temp.resolve("live"), ring, false)) {
            Partition a = world.create("a");
            Partition b = world.create("b");
            for (int i = 0; i < 5; i++) {
                LogWorld.append(b, Batches.at(5, "x".repeat(100_000)));
            }
            world.records.away(true);
            for (int i = 0; i < 3; i++) {
                a.append(Batches.at(5, "never", "acknowledged", "x".repeat(1_000)), new Hold(), true);
            }
            LogWorld.append(b, Batches.at(5, "synced with them"));
            world.crash(first);
            world.records.away(false);
        }
        // When the broker dies, starts, acknowledges something else at their place, and dies again
        Path second = temp.resolve("second");
        try (LogWorld world = new LogWorld(first, ring, false)) {
            assertThat(LogWorld.append(world.partition("a"), Batches.at(5, "acknowledged")))
                    .isZero();
            world.crash(second);
        }

        // Then exactly that is there
        try (LogWorld world = new LogWorld(second, ring, false)) {
            assertThat(world.partitions.problem()).isEmpty();
            Partition a = world.partition("a");
            assertThat(Batches.contents(LogWorld.read(a, 0))).containsExactly("0=acknowledged");
        }
    }

    @Test
    void journalFilesThatAreNotUsedAnyMoreAreRemoved() throws Exception {
        Path live = temp.resolve("live");
        try (LogWorld world = new LogWorld(live, new LogWorld.Ring(300_000, 4), false)) {
            Partition partition = world.create("a");
            for (int i = 0; i < 10; i++) {
                LogWorld.append(partition, Batches.at(5, "x".repeat(100_000)));
            }
        }
        try (LogWorld world = new LogWorld(live, new LogWorld.Ring(300_000, 2), false)) {
            assertThat(world.partition("a").highWatermark()).isEqualTo(10);
            assertThat(live.resolve("data/journal/3.journal")).doesNotExist();
            assertThat(live.resolve("data/journal/2.journal")).doesNotExist();
        }
    }

    @Test
    void aSealedSegmentThatIsDamagedIsLeftAsItIs() throws Exception {
        // Given a sealed segment that is on this disk only
        Path live = temp.resolve("live");
        Path log;
        try (LogWorld world = LogWorld.open(live)) {
            Partition partition = world.create("a");
            for (int i = 0; i < 10; i++) {
                LogWorld.append(partition, Batches.at(5, "x".repeat(1_000)));
            }
            world.partitions.handOverAll(30_000);
            log = world.log(partition, 0);
        }
        // When its checkpoint is gone, an early batch rots, and the journal does not have it any more
        Files.delete(SegmentFiles.stateOf(log));
        Files.delete(live.resolve("data/journal/0.journal"));
        try (FileChannel file = FileChannel.open(log, StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.wrap(new byte[100]), 2_500);
        }
        long sizeBefore = Files.size(log);

        // Then the partition is refused, and what can still be read of it by hand is there
        try (LogWorld recovered = LogWorld.open(live)) {
            assertThat(recovered.partitions.problem().orElseThrow()).contains("sealed segment 0..10");
            assertThat(Files.size(log)).isEqualTo(sizeBefore);
        }
    }

    @Test
    void readersGoOnBehindASegmentThatWasGivenUp() throws Exception {
        // Given three segments, of which the disk has lost the one in the middle
        Path live = temp.resolve("live");
        Path log;
        try (LogWorld world = LogWorld.open(live)) {
            Partition partition = world.create("a", Map.of("segment.bytes", "1048576"));
            for (int i = 0; i < 3; i++) {
                LogWorld.append(partition, Batches.at(5, i + "x".repeat(600_000)));
            }
            world.partitions.handOverAll(30_000);
            log = world.log(partition, 1);
        }
        Files.delete(log);
        Files.delete(live.resolve("data/journal/0.journal"));

        // When the operator gives it up
        try (LogWorld recovered = LogWorld.open(live)) {
            recovered.topics.alterConfigs(
                    recovered.topics.byName("a").orElseThrow(),
                    configs -> Map.of("unclean.leader.election.enable", "true"));
            LogWorld.soon().until(() -> recovered.partition("a").isAvailable());

            // Then the rest can be read
            List<String> contents = Batches.contents(LogWorld.read(recovered.partition("a"), 0));
            assertThat(contents).hasSize(2);
            assertThat(contents.getFirst()).startsWith("0=0x");
            assertThat(contents.getLast()).startsWith("2=2x");
        }
    }

    @Test
    void afterTheOpenSegmentWasGivenUpAppendsAreNotBeforeTheLogStart() throws Exception {
        // Given a log start within the open segment, and the disk is gone
        Path log;
        try (LogWorld world = LogWorld.open(temp.resolve("live"))) {
            Partition partition = world.create("a");
            LogWorld.append(partition, Batches.at(5, "x", "y", "z"));
            partition.deleteRecordsBefore(2, 5_000);
            log = world.directory.relativize(world.log(partition, 0));
            world.crash(temp.resolve("crash"));
        }
        Files.delete(temp.resolve("crash").resolve(log.toString()));
        Files.delete(temp.resolve("crash/data/journal/0.journal"));

        // When the operator gives it up
        try (LogWorld recovered = LogWorld.open(temp.resolve("crash"))) {
            recovered.topics.alterConfigs(
                    recovered.topics.byName("a").orElseThrow(),
                    configs -> Map.of("unclean.leader.election.enable", "true"));
            LogWorld.soon().until(() -> recovered.partition("a").isAvailable());

            // Then what is appended can be read
            Partition partition = recovered.partition("a");
            assertThat(LogWorld.append(partition, Batches.at(5, "new"))).isEqualTo(2);
            assertThat(Batches.contents(LogWorld.read(partition, 2))).containsExactly("2=new");
        }
    }
}
