package io.varve.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.varve.cluster.PartitionId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rules 3 and 9 at the place where they are kept: an entry is reported once, in order, and never after a failure. */
class JournalTest {
    @TempDir
    Path directory;

    private final List<Journal> opened = new ArrayList<>();

    @AfterEach
    void close() {
        opened.forEach(Journal::close);
    }

    private Journal journal(int fileBytes, int files, long sequence) {
        Journal journal = new Journal(
                directory, fileBytes, files, sequence, Thread.ofPlatform().factory(), new SimpleMeterRegistry());
        opened.add(journal);
        return journal;
    }

    /** Notes what it is told. */
    private static class Target implements JournalTarget {
        volatile boolean writeBackDue;
        volatile IOException writeBackFailure;
        final AtomicInteger writeBacks = new AtomicInteger();
        final PartitionId partition = new PartitionId(Uuid.randomUuid(), 0);
        final ConcurrentLinkedQueue<Long> durable = new ConcurrentLinkedQueue<>();
        final AtomicInteger failures = new AtomicInteger();
        final AtomicInteger checkpoints = new AtomicInteger();
        final CountDownLatch mayReport = new CountDownLatch(1);
        volatile IOException checkpointFailure;
        private int position;
        private long offset;

        Target() {
            this(true);
        }

        Target(boolean reportsAtOnce) {
            if (reportsAtOnce) {
                mayReport.countDown();
            }
        }

        @Override
        public boolean isWriteBackDue() {
            return writeBackDue;
        }

        @Override
        public void writeBack() throws IOException {
            writeBacks.incrementAndGet();
            if (writeBackFailure != null) {
                throw writeBackFailure;
            }
        }

        JournalEntry next(Hold hold, String value) {
            ByteBuffer batch = Batches.placed(offset, 3, value);
            JournalEntry entry = new JournalEntry(this, position, offset + 1, batch, hold.retain());
            position += batch.remaining();
            offset++;
            return entry;
        }

        @Override
        public PartitionId partition() {
            return partition;
        }

        @Override
        public long baseOffset() {
            return 0;
        }

        @Override
        public void onDurable(long endOffset, int endPosition) {
            try {
                mayReport.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            durable.add(endOffset);
        }

        @Override
        public void onJournalFailed(IOException cause) {
            failures.incrementAndGet();
        }

        @Override
        public void checkpoint() throws IOException {
            if (checkpointFailure != null) {
                throw checkpointFailure;
            }
            checkpoints.incrementAndGet();
        }
    }

    private record Replayed(List<JournalEntry.Header> headers, List<ByteBuffer> batches, long sequence) {}

    private Replayed replay() {
        List<JournalEntry.Header> headers = new ArrayList<>();
        List<ByteBuffer> batches = new ArrayList<>();
        long sequence = JournalReplay.replay(directory, (header, batch) -> {
            headers.add(header);
            batches.add(batch);
        });
        return new Replayed(headers, batches, sequence);
    }

    private static Thread journalThread() {
        return Thread.getAllStackTraces().entrySet().stream()
                .filter(each -> Stream.of(each.getValue())
                        .anyMatch(frame -> frame.getClassName().equals(Journal.class.getName())))
                .map(Map.Entry::getKey)
                .filter(thread -> !thread.equals(Thread.currentThread()))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void whatIsQueuedDuringASyncIsOneGroupAndIsReportedOncePerSegmentByItsEnd() {
        // Given a journal that is busy with a first entry
        Target slow = new Target(false);
        Target target = new Target();
        Hold hold = new Hold();
        Journal journal = journal(1 << 20, 2, 1);
        journal.append(slow.next(hold, "first"));

        // When 100 more come meanwhile
        for (int i = 0; i < 100; i++) {
            journal.append(target.next(hold, "v" + i));
        }
        slow.mayReport.countDown();

        // Then their ends only grow, the last is the end of all, and every buffer is given back once
        LogWorld.soon().until(() -> target.durable.contains(100L));
        assertThat(new ArrayList<>(target.durable)).isSorted().hasSizeLessThan(100);
        LogWorld.soon().until(() -> hold.refCnt() == 1);
        Replayed replayed = replay();
        assertThat(replayed.headers()).hasSize(101);
        assertThat(replayed.sequence()).isEqualTo(1);
    }

    @Test
    void rule9AFailedGroupFailsEveryWaiterAndEverythingAfterIt() {
        // Given a journal with entries that are safe, and others that wait behind a busy one
        Target target = new Target();
        Target slow = new Target(false);
        Hold hold = new Hold();
        Journal journal = journal(1 << 20, 2, 1);
        journal.append(target.next(hold, "safe"));
        LogWorld.soon().until(() -> target.durable.contains(1L));
        journal.append(slow.next(hold, "busy"));
        LogWorld.soon().until(() -> slow.position > 0 && hold.refCnt() == 2);
        journal.append(target.next(hold, "waits"));
        journal.append(target.next(hold, "waits too"));

        // When the file fails
        journalThread().interrupt();
        slow.mayReport.countDown();

        // Then nothing that waited is reported, then or later
        LogWorld.soon().until(() -> journal.problem().isPresent());
        LogWorld.soon().until(() -> target.failures.get() == 2);
        journal.append(target.next(hold, "late"));
        assertThat(target.failures).hasValue(3);
        assertThat(target.durable).containsExactly(1L);
        LogWorld.soon().until(() -> hold.refCnt() == 1);
    }

    @Test
    void rule9AFailedCheckpointTakesTheDiskOutOfService() {
        // Given a small journal and a segment that cannot be synced
        Target broken = new Target();
        broken.checkpointFailure = new IOException("bad block");
        Hold hold = new Hold();
        Journal journal = journal(4096, 2, 1);

        // When files fill up
        LogWorld.soon().until(() -> {
            journal.append(broken.next(hold, "x".repeat(100)));
            return journal.problem().isPresent();
        });

        // Then the journal fails instead of waiting for a free file for ever
        LogWorld.soon().until(() -> hold.refCnt() == 1);
        assertThat(broken.failures.get()).isPositive();
    }

    @Test
    void aSegmentThatHasMuchToSyncIsWrittenBackBeforeItsCheckpoint() {
        Target much = new Target();
        much.writeBackDue = true;
        Target little = new Target();
        Hold hold = new Hold();
        Journal journal = journal(1 << 20, 2, 1);

        journal.append(little.next(hold, "x"));
        journal.append(much.next(hold, "x"));

        LogWorld.soon().until(() -> much.writeBacks.get() == 1);
        assertThat(little.writeBacks).hasValue(0);
        assertThat(much.checkpoints).hasValue(0);
    }

    @Test
    void rule9AFailedWriteBackTakesTheDiskOutOfService() {
        // Given a segment that cannot be synced: the kernel will not say so again at its checkpoint
        Target broken = new Target();
        broken.writeBackDue = true;
        broken.writeBackFailure = new IOException("bad block");
        Hold hold = new Hold();
        Journal journal = journal(1 << 20, 2, 1);

        journal.append(broken.next(hold, "x"));

        LogWorld.soon().until(() -> journal.problem().isPresent());
        journal.append(broken.next(hold, "late"));
        assertThat(broken.failures.get()).isPositive();
        assertThat(broken.durable).containsExactly(1L);
    }

    @Test
    void aTargetThatThrowsDoesNotStopTheJournalSilently() {
        // Given a target that throws when it hears that it is safe
        Target throwing = new Target() {
            @Override
            public void onDurable(long endOffset, int endPosition) {
                throw new IllegalStateException("a bug, or no file descriptors");
            }
        };
        Target target = new Target();
        Hold hold = new Hold();
        Journal journal = journal(1 << 20, 2, 1);

        // When it is told
        journal.append(throwing.next(hold, "a"));
        LogWorld.soon().until(() -> hold.refCnt() == 1);

        // Then it has failed, and others go on
        assertThat(throwing.failures).hasValue(1);
        journal.append(target.next(hold, "b"));
        LogWorld.soon().until(() -> target.durable.contains(1L));
        assertThat(journal.problem()).isEmpty();
    }

    @Test
    void anUnforeseenFailureOfTheJournalFailsEveryWaiterInsteadOfHanging() {
        // Given an entry that cannot be written for a reason that is no I/O error
        Target target = new Target();
        Hold hold = new Hold();
        Journal journal = journal(1 << 20, 2, 1);

        // When it is queued
        journal.append(new JournalEntry(target, 0, 1, ByteBuffer.allocate(5), hold.retain()));

        // Then it fails, and so does what follows
        LogWorld.soon().until(() -> target.failures.get() == 1);
        journal.append(target.next(hold, "after"));
        LogWorld.soon().until(() -> target.failures.get() == 2);
        assertThat(journal.problem()).isPresent();
        assertThat(hold.refCnt()).isEqualTo(1);
    }

    @Test
    void aJournalThatHasNoRoomForItsSecondFileGoesOnWithOne_untilThereIs() throws Exception {
        // Given something that is in the way of the second file
        Path second = Files.createDirectory(directory.resolve("1.journal"));
        Target target = new Target();
        Hold hold = new Hold();
        Journal journal = journal(4096, 2, 1);
        for (int i = 0; i < 100; i++) {
            append(journal, target, hold);
        }
        assertThat(target.checkpoints.get()).isGreaterThan(1);
        // When it is not any more
        Files.delete(second);
        for (int i = 0; i < 100; i++) {
            append(journal, target, hold);
        }
        // Then there are two, and nothing has gone wrong
        LogWorld.soon().until(() -> Files.isRegularFile(second) && Files.size(second) == 4096);
        assertThat(journal.problem()).isEmpty();
        assertThat(replay().headers().getLast().baseOffset()).isEqualTo(199);
    }

    private static void append(Journal journal, Target target, Hold hold) {
        JournalEntry entry = target.next(hold, "value-" + "-".repeat(40));
        long end = entry.endOffset();
        journal.append(entry);
        LogWorld.soon().until(() -> target.durable.contains(end));
    }

    @Test
    void filesAreUsedAgainAfterACheckpointAndOldEntriesAreNotReplayed() {
        // Given a ring of two files of 4 KiB
        Target target = new Target();
        Hold hold = new Hold();
        Journal journal = journal(4096, 2, 1);

        // When ten times as much is written
        for (int i = 0; i < 200; i++) {
            journal.append(target.next(hold, "value-" + i + "-".repeat(i % 50)));
            long end = i + 1L;
            LogWorld.soon().until(() -> target.durable.contains(end));
        }

        // Then the segment was checkpointed, and what is replayed is the end of it without a gap and without anything
        // twice
        assertThat(target.checkpoints.get()).isGreaterThan(5);
        Replayed replayed = replay();
        List<Long> offsets =
                replayed.headers().stream().map(JournalEntry.Header::baseOffset).toList();
        assertThat(offsets).isSorted().doesNotHaveDuplicates().endsWith(199L).hasSizeLessThan(100);
        assertThat(offsets.getLast() - offsets.getFirst()).isEqualTo(offsets.size() - 1);
        assertThat(replayed.sequence()).isGreaterThan(5);
    }

    @Test
    void aBatchLargerThanAFileIsWrittenAndReplayed() {
        Target target = new Target();
        Hold hold = new Hold();
        Journal journal = journal(4096, 2, 1);

        journal.append(target.next(hold, "small"));
        journal.append(target.next(hold, "x".repeat(100_000)));
        journal.append(target.next(hold, "small again"));

        LogWorld.soon().until(() -> target.durable.contains(3L));
        assertThat(replay().headers())
                .extracting(JournalEntry.Header::baseOffset)
                .endsWith(2L)
                .contains(1L);
    }

    @Test
    void replayStopsAtATornEntry() throws IOException {
        // Given ten entries
        Target target = new Target();
        Hold hold = new Hold();
        Journal journal = journal(1 << 20, 2, 7);
        for (int i = 0; i < 10; i++) {
            journal.append(target.next(hold, "v" + i));
        }
        LogWorld.soon().until(() -> target.durable.contains(10L));
        int entryBytes = JournalEntry.HEADER_BYTES + Batches.at(1, "v0").remaining();
        assertThat(replay().headers()).hasSize(10);

        // When one byte of the sixth is wrong
        try (FileChannel file = FileChannel.open(directory.resolve("0.journal"), StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.wrap(new byte[] {77}), 5L * entryBytes + JournalEntry.HEADER_BYTES + 65);
        }

        // Then the first five come back, and the sequence is known
        assertThat(replay().headers())
                .extracting(JournalEntry.Header::baseOffset)
                .containsExactly(0L, 1L, 2L, 3L, 4L);
        assertThat(replay().sequence()).isEqualTo(7);
    }

    @Test
    void closeCommitsWhatIsQueuedAndRefusesWhatComesLater() {
        Target target = new Target();
        Hold hold = new Hold();
        Journal journal = journal(1 << 20, 2, 1);
        for (int i = 0; i < 50; i++) {
            journal.append(target.next(hold, "v" + i));
        }

        journal.close();

        assertThat(target.durable).contains(50L);
        journal.append(target.next(hold, "late"));
        assertThat(target.failures).hasValue(1);
        assertThat(hold.refCnt()).isEqualTo(1);
        assertThat(journal.problem()).isEqualTo(Optional.empty());
    }
}
