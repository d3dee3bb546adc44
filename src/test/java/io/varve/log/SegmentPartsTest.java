package io.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.varve.cluster.PartitionId;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.tools.DumpLogSegments;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The small parts: index, producer states, checkpoints, disk. */
class SegmentPartsTest {
    @TempDir
    Path directory;

    @Test
    void anIndexAnswersAsAScanWould() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 50; round++) {
            SegmentIndex index = new SegmentIndex();
            int entries = 1 + random.nextInt(40);
            int[] offsets = new int[entries];
            int[] positions = new int[entries];
            long[] times = new long[entries];
            for (int i = 0; i < entries; i++) {
                offsets[i] = (i == 0 ? 0 : offsets[i - 1]) + 1 + random.nextInt(5);
                positions[i] = (i == 0 ? 0 : positions[i - 1]) + 1 + random.nextInt(100);
                times[i] = (i == 0 ? 0 : times[i - 1]) + random.nextInt(3);
                index.add(offsets[i], positions[i], times[i]);
            }
            ByteBuffer stored = index.encode(0, index.size());
            SegmentIndex decoded = SegmentIndex.decode(stored);
            for (int wanted = 0; wanted < offsets[entries - 1] + 3; wanted++) {
                int byOffset = 0;
                int byTime = 0;
                for (int i = 0; i < entries; i++) {
                    byOffset = offsets[i] <= wanted ? positions[i] : byOffset;
                    byTime = times[i] < wanted ? positions[i] : byTime;
                }
                assertThat(decoded.positionOfOffset(wanted)).as("seed %d", seed).isEqualTo(byOffset);
                assertThat(SegmentIndex.searchOffset(stored, wanted)).isEqualTo(byOffset);
                assertThat(decoded.positionBeforeTimestamp(wanted))
                        .as("seed %d", seed)
                        .isEqualTo(byTime);
                assertThat(SegmentIndex.searchTimestamp(stored, wanted)).isEqualTo(byTime);
            }
        }
    }

    @Test
    void rule9WhatWasNotSyncedIsWrittenOnceMoreBeforeItIs() throws Exception {
        // Given a segment that an earlier life has left, maybe after a sync that failed, and one that was synced
        PartitionId id = new PartitionId(Uuid.randomUuid(), 0);
        Path log = directory.resolve("00000000000000000000.log");
        ByteBuffer batch = Batches.placed(0, 3, "x".repeat(1_500_000));
        Files.write(log, Arrays.copyOfRange(batch.array(), batch.arrayOffset(), batch.limit()));
        SegmentRecovery recovery = new SegmentRecovery(new OpenFiles(10), Uuid.randomUuid(), 4096);
        FileTime before = FileTime.fromMillis(1_000);
        Files.setLastModifiedTime(log, before);
        // When it is recovered
        SegmentRecovery.Recovered recovered =
                recovery.recover(id, 0, 3, log, Long.MAX_VALUE, () -> new ProducerStates().encode());
        // Then it has been written, byte for byte
        assertThat(Files.getLastModifiedTime(log)).isGreaterThan(before);
        assertThat(Files.size(log)).isEqualTo(batch.remaining());
        assertThat(recovered.segment().endOffset()).isEqualTo(1);
        assertThat(Files.readAllBytes(log)).endsWith(batch.get(batch.limit() - 1));
        // And what a checkpoint has synced is left alone
        recovered.segment().seal(recovered.producers().encode());
        Files.setLastModifiedTime(log, before);
        var _ = recovery.recover(id, 0, 3, log, Long.MAX_VALUE, () -> new ProducerStates().encode());
        assertThat(Files.getLastModifiedTime(log)).isEqualTo(before);
    }

    @Test
    void producerStatesSurviveARoundTripAndDamageIsSeen() {
        ProducerStates states = new ProducerStates();
        for (int sequence = 0; sequence < 8; sequence++) {
            ByteBuffer bytes = Batches.idempotent(7, 2, sequence, "x");
            Batch batch = new Batch(bytes, 0);
            batch.place(100 + sequence, 1);
            states.appended(batch);
        }
        byte[] encoded = states.encode();

        ProducerStates decoded = ProducerStates.decode(ByteBuffer.wrap(encoded));

        assertThat(decoded.producers()).containsExactly(new ProducerState(7, (short) 2, 7, 1_000));
        assertThat(decoded.check(new Batch(Batches.idempotent(7, 2, 3, "x"), 0)).baseOffset())
                .isEqualTo(103);
        assertThat(decoded.check(new Batch(Batches.idempotent(7, 2, 8, "x"), 0)))
                .isNull();
        for (int i = 0; i < encoded.length; i++) {
            byte[] damaged = encoded.clone();
            damaged[i] ^= 4;
            assertThatThrownBy(() -> ProducerStates.decode(ByteBuffer.wrap(damaged)))
                    .isInstanceOf(LogException.class);
        }
        decoded.expire(5_000, 100);
        decoded.expire(5_100, 100);
        assertThat(decoded.isEmpty()).isFalse();
        decoded.expire(5_101, 100);
        assertThat(decoded.isEmpty()).isTrue();
    }

    @Test
    void sequencesWrapToZero() {
        ProducerStates states = new ProducerStates();
        states.appended(new Batch(Batches.idempotent(7, 0, Integer.MAX_VALUE, "x"), 0));

        assertThat(states.check(new Batch(Batches.idempotent(7, 0, 0, "x"), 0))).isNull();
    }

    @Test
    void aDamagedCheckpointIsNone() {
        ByteBuffer encoded =
                new SegmentState(3, Uuid.randomUuid(), 500, 77, 70, 9, 2, 12, new byte[] {1, 2, 3}).encode();

        assertThat(SegmentState.decode(encoded.duplicate()).endOffset()).isEqualTo(77);
        for (int i = 0; i < encoded.limit(); i++) {
            ByteBuffer damaged = ByteBuffer.allocate(encoded.limit())
                    .put(encoded.duplicate())
                    .flip();
            damaged.put(i, (byte) (damaged.get(i) ^ 1));
            assertThat(SegmentState.decode(damaged)).isNull();
        }
    }

    @Test
    void anIndexHasOneChecksumHoweverItCameTogether() {
        SegmentIndex grown = new SegmentIndex();
        grown.add(0, 100, 5);
        int first = grown.checksum();
        grown.add(7, 200, 6);
        assertThat(grown.checksum()).isNotEqualTo(first);
        assertThat(SegmentIndex.decode(grown.encode(0, 2)).checksum()).isEqualTo(grown.checksum());
        grown.truncate(1);
        assertThat(grown.checksum()).isEqualTo(first);
    }

    @Test
    void aDiskThrottlesBeforeItRefusesAndRecovers() {
        DiskSpace disk = new DiskSpace(directory, 0, 0, new SimpleMeterRegistry());
        DiskSpace tight = new DiskSpace(directory, 1_000, 100, new SimpleMeterRegistry());
        assertThat(disk.throttleMillis()).isZero();

        tight.update(550);
        assertThat(tight.level()).isEqualTo(DiskSpace.Level.LOW);
        assertThat(tight.throttleMillis()).isEqualTo(505);
        tight.update(99);
        assertThat(tight.level()).isEqualTo(DiskSpace.Level.FULL);
        assertThat(tight.problem()).isPresent();
        tight.update(1_000);
        assertThat(tight.level()).isEqualTo(DiskSpace.Level.ENOUGH);
        assertThat(tight.problem()).isEmpty();
    }

    @Test
    void aDiskBelongsToOneProcessAndOneCluster() {
        String id;
        try (DiskIdentity disk = DiskIdentity.claim(directory, "c1", 1)) {
            id = disk.id();
            assertThatThrownBy(() -> DiskIdentity.claim(directory, "c1", 1)).hasMessageContaining("in use");
        }
        assertThatThrownBy(() -> DiskIdentity.claim(directory, "c2", 1)).hasMessageContaining("belongs to cluster c1");
        assertThatThrownBy(() -> DiskIdentity.claim(directory, "c1", 2)).hasMessageContaining("belongs to broker 1");
        // A refusal does not keep the directory.
        try (DiskIdentity again = DiskIdentity.claim(directory, "c1", 1)) {
            assertThat(again.id()).isEqualTo(id);
        }
    }

    @Test
    void kafkasOwnToolReadsASegment() throws Exception {
        Path log;
        try (LogWorld world = LogWorld.open(directory)) {
            Partition partition = world.create("a");
            LogWorld.append(partition, Batches.at(5, "hello", "varve"));
            LogWorld.append(partition, Batches.idempotent(7, 1, 0, "again"));
            log = Files.copy(world.log(partition, 0), directory.resolve("00000000000000000000.log"));
        }
        PrintStream before = System.out;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        try {
            DumpLogSegments.main(new String[] {"--files", log.toString(), "--print-data-log"});
        } finally {
            System.setOut(before);
        }

        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("baseOffset: 0 lastOffset: 1 count: 2")
                .contains("baseOffset: 2 lastOffset: 2 count: 1", "producerId: 7 producerEpoch: 1", "isvalid: true")
                .contains("payload: varve")
                .doesNotContain("isvalid: false");
    }
}
