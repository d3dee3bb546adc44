package io.varve.tier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.varve.cluster.PartitionRecord.OffloadedSegment;
import io.varve.tier.FaultyObjectStore.CreateFault;
import io.varve.tier.Offloader.Progress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OffloaderTest {
    private static final Duration MAX_WAIT = Duration.ofSeconds(5);
    private static final OffloadSettings SETTINGS =
            OffloadSettings.defaults(Duration.ofHours(1)).withMaxWait(MAX_WAIT).withTargetBytes(1_000);

    @TempDir
    Path temp;

    private final ManualTime time = new ManualTime();
    private final MemoryObjectStore objects = new MemoryObjectStore(time);
    private final FaultyObjectStore store = new FaultyObjectStore(objects);
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final Offloader offloader = offloader(SETTINGS);

    private Offloader offloader(OffloadSettings settings) {
        return new Offloader(
                store,
                new ObjectNames(time, new Random(1)),
                settings,
                time,
                new Random(2),
                Thread.ofVirtual().factory(),
                meters);
    }

    @AfterEach
    void close() {
        offloader.close();
    }

    private FakeSegment segment(int partition, long baseOffset, int size) {
        return new FakeSegment(temp, partition, baseOffset, size, time.milliseconds());
    }

    private static ConditionFactory soon() {
        return await().atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofMillis(5));
    }

    private static void awaitOffloaded(FakeSegment... segments) {
        soon().untilAsserted(() ->
                assertThat(segments).allSatisfy(s -> assertThat(s.references).hasSize(1)));
    }

    private void assertStored(FakeSegment segment) {
        OffloadedSegment reference = segment.references.getFirst();
        var bytes = objects.read(reference.object(), reference.position(), (int) reference.sizeBytes());
        assertThat(Contents.bytes(bytes)).isEqualTo(segment.bytes);
    }

    @Test
    void segmentsOfSeveralPartitionsShareAnObject() {
        // Given two partitions' segments that fill an object together
        FakeSegment first = segment(0, 0, 600);
        FakeSegment second = segment(1, 50, 400);
        offloader.submit(first);
        offloader.submit(second);
        // When
        offloader.start();
        // Then
        awaitOffloaded(first, second);
        assertThat(objects.keys()).hasSize(1).first().asString().matches("data/[0-9a-f]{2}/[0-9a-z]{26}");
        assertStored(first);
        assertStored(second);
        soon().until(() -> offloader.progress().isDone());
        assertThat(meters.get("varve.tier.upload.objects").counter().count()).isEqualTo(1);
    }

    @Test
    void aSmallSegmentWaitsForCompanyButNotForEver() {
        offloader.start();
        FakeSegment lonely = segment(0, 0, 10);
        offloader.submit(lonely);

        time.advance(MAX_WAIT.minusMillis(1));
        assertThat(offloader.progress()).isEqualTo(new Progress(1, 10));
        assertThat(store.creates).hasValue(0);

        time.advance(Duration.ofMillis(1));
        awaitOffloaded(lonely);
    }

    @Test
    void aSegmentSealedLongAgoDoesNotWait() {
        offloader.start();
        FakeSegment old = new FakeSegment(temp, 0, 0, 10, time.milliseconds() - MAX_WAIT.toMillis());
        offloader.submit(old);
        awaitOffloaded(old);
    }

    @Test
    void aClockThatWasWrongWhenASegmentWasSealedDoesNotDelayIt() {
        offloader.start();
        FakeSegment ofTheFuture = new FakeSegment(temp, 0, 0, 10, time.milliseconds() + 86_400_000);
        offloader.submit(ofTheFuture);

        time.advance(MAX_WAIT);

        awaitOffloaded(ofTheFuture);
    }

    @Test
    void aLargeSegmentIsAnObjectOfItsOwn() {
        FakeSegment small = segment(0, 0, 10);
        FakeSegment large = segment(1, 0, 5_000);
        offloader.submit(large);
        offloader.submit(small);
        offloader.start();
        awaitOffloaded(large);
        assertThat(small.references).isEmpty();

        time.advance(MAX_WAIT);

        awaitOffloaded(small);
        assertThat(objects.keys()).hasSize(2);
    }

    @Test
    void submittingTwiceUploadsOnce() {
        FakeSegment segment = segment(0, 0, 2_000);
        offloader.submit(segment);
        offloader.submit(segment);
        offloader.start();

        awaitOffloaded(segment);
        soon().until(() -> offloader.progress().isDone());

        assertThat(store.creates).hasValue(1);
    }

    @Test
    void rule7_nothingIsReferencedBeforeTheStoreHasConfirmed() {
        // Given a store that holds up the upload
        var latch = store.holdCreates();
        FakeSegment segment = segment(0, 0, 2_000);
        segment.beforeReference = () -> assertThat(objects.keys()).hasSize(1);
        offloader.submit(segment);
        offloader.start();
        soon().until(() -> store.creates.get() == 1);
        // Then
        assertThat(segment.references).isEmpty();
        latch.countDown();
        awaitOffloaded(segment);
    }

    @Test
    void rule7_everyAttemptHasANameOfItsOwn() {
        // Given a store that fails in every way there is
        store.failCreates(
                CreateFault.UNAVAILABLE,
                CreateFault.UNKNOWN_AFTER_SUCCESS,
                CreateFault.UNKNOWN_BEFORE,
                CreateFault.REFUSED,
                CreateFault.UNKNOWN_AFTER_SUCCESS);
        FakeSegment segment = segment(0, 0, 2_000);
        offloader.submit(segment);
        offloader.start();
        // When
        soon().until(() -> {
            time.advance(Duration.ofSeconds(30));
            return !segment.references.isEmpty();
        });
        // Then the attempts that may have happened are orphans, and the reference is to the confirmed one
        assertThat(store.createdKeys).hasSize(6);
        assertThat(new HashSet<>(store.createdKeys)).hasSize(6);
        assertThat(objects.keys()).hasSize(3);
        assertThat(segment.references.getFirst().object())
                .isEqualTo(List.copyOf(store.createdKeys).getLast());
        assertStored(segment);
        assertThat(meters.get("varve.tier.upload.failures")
                        .tag("cause", "store")
                        .counter()
                        .count())
                .isEqualTo(5);
    }

    @Test
    void aStoreThatIsDownIsAskedByOneUploadAtATime_andEverythingGoesUpWhenItIsBack() {
        store.down(true);
        var segments = new ArrayList<FakeSegment>();
        for (int i = 0; i < 12; i++) {
            segments.add(segment(i, 0, 1_500));
        }
        segments.forEach(offloader::submit);
        offloader.start();
        soon().until(() -> store.creates.get() > 0 && store.createsNow.get() == 0);
        store.maxCreatesAtOnce.set(0);
        for (int i = 0; i < 5; i++) {
            int before = store.creates.get();
            soon().until(() -> {
                time.advance(Duration.ofSeconds(30));
                return store.creates.get() > before;
            });
        }
        assertThat(store.maxCreatesAtOnce).hasValue(1);
        assertThat(offloader.problem())
                .hasValueSatisfying(words -> assertThat(words)
                        .contains("Uploads to the object store have failed for")
                        .contains("the store is down")
                        .contains("12 segments, 18000 bytes"));

        store.down(false);

        soon().until(() -> {
            time.advance(Duration.ofSeconds(30));
            return offloader.progress().isDone();
        });
        segments.forEach(this::assertStored);
        assertThat(offloader.problem()).isEmpty();
    }

    @Test
    void aSegmentThatCannotBeReadDoesNotHoldUpOthers() {
        FakeSegment bad = segment(0, 0, 500);
        FakeSegment good = segment(1, 0, 500);
        bad.unreadable.set(1_000_000);
        offloader.submit(bad);
        offloader.submit(good);
        offloader.start();

        soon().until(() -> {
            time.advance(MAX_WAIT);
            return !good.references.isEmpty();
        });
        time.advance(Duration.ofMinutes(1));
        soon().untilAsserted(() -> assertThat(offloader.problem())
                .hasValueSatisfying(words -> assertThat(words).contains("local disk", "bad sector", "orders-0")));
        bad.unreadable.set(0);
        soon().until(() -> {
            time.advance(MAX_WAIT);
            return !bad.references.isEmpty();
        });

        assertStored(good);
        assertStored(bad);
        assertThat(good.references.getFirst().object())
                .isNotEqualTo(bad.references.getFirst().object());
        soon().untilAsserted(() -> assertThat(offloader.problem()).isEmpty());
    }

    @Test
    void aSegmentThatWasRemovedOnPurposeIsForgottenAndIsNoProblem() {
        FakeSegment removed = segment(0, 0, 500);
        FakeSegment good = segment(1, 0, 500);
        removed.unreadable.set(1_000_000);
        removed.wanted = false;
        offloader.submit(removed);
        offloader.submit(good);
        offloader.start();

        soon().until(() -> {
            time.advance(MAX_WAIT);
            return offloader.progress().isDone();
        });

        assertStored(good);
        assertThat(removed.references).isEmpty();
        assertThat(offloader.problem()).isEmpty();
        assertThat(meters.find("varve.tier.upload.failures")
                        .tag("cause", "disk")
                        .counters())
                .allMatch(counter -> counter.count() == 0);
    }

    @Test
    void aSegmentThatBreaksInMidUploadIsFoundOutToo() {
        // Given a file that can be read for its checksum, but not for the upload
        FakeSegment good = segment(0, 0, 500);
        FakeSegment bad = segment(1, 0, 500);
        offloader.submit(good);
        offloader.submit(bad);
        var latch = store.holdCreates();
        offloader.start();
        soon().until(() -> store.creates.get() == 1);
        bad.unreadable.set(1);
        latch.countDown();
        // Then
        soon().until(() -> {
            time.advance(MAX_WAIT);
            return offloader.progress().isDone();
        });
        assertStored(good);
        assertStored(bad);
        assertThat(meters.get("varve.tier.upload.failures")
                        .tag("cause", "disk")
                        .counter()
                        .count())
                .isEqualTo(1);
    }

    @Test
    void aReferenceThatFailsIsWrittenAgainWithoutAnotherUpload() {
        FakeSegment segment = segment(0, 0, 2_000);
        segment.referenceFailures.set(2);
        offloader.submit(segment);
        offloader.start();

        soon().until(() -> {
            time.advance(Duration.ofSeconds(1));
            return !segment.references.isEmpty();
        });

        assertThat(store.creates).hasValue(1);
    }

    @Test
    void rule8_anObjectIsNotReferencedWhenItsUploadBeganTooLongAgo() {
        // Given an upload that takes longer than half of the sweeper's grace period
        var latch = store.holdCreates();
        FakeSegment segment = segment(0, 0, 2_000);
        offloader.submit(segment);
        offloader.start();
        soon().until(() -> store.creates.get() == 1);
        time.advance(Duration.ofMinutes(30));
        // When it is confirmed after all
        latch.countDown();
        // Then it is uploaded again, and only that object is referenced
        awaitOffloaded(segment);
        assertThat(store.createdKeys).hasSize(2);
        assertThat(segment.references.getFirst().object())
                .isEqualTo(List.copyOf(store.createdKeys).getLast());
    }

    @Test
    void rule8_anObjectIsNotReferencedWhenTheMetadataStoreWasAwayForTooLong() {
        // Given an upload of which the reference is begun in time and can be written too late only
        FakeSegment segment = segment(0, 0, 2_000);
        AtomicInteger tries = new AtomicInteger();
        segment.beforeReference = () -> {
            if (tries.incrementAndGet() == 1) {
                time.advance(Duration.ofMinutes(30));
            }
        };
        offloader.submit(segment);
        offloader.start();
        // Then it is uploaded again, and only that object is referenced
        soon().until(() -> {
            time.advance(Duration.ofSeconds(1));
            return !segment.references.isEmpty();
        });
        assertThat(store.createdKeys).hasSize(2);
        assertThat(segment.references.getFirst().object())
                .isEqualTo(List.copyOf(store.createdKeys).getLast());
    }

    @Test
    void aSegmentThatIsNotWantedAnyMoreIsForgotten() {
        FakeSegment segment = segment(0, 0, 2_000);
        segment.wanted = false;
        offloader.submit(segment);
        offloader.start();

        soon().until(() -> offloader.progress().isDone());

        assertThat(segment.references).isEmpty();
    }

    @Test
    void aWithdrawnPartitionIsNotUploaded() {
        FakeSegment gone = segment(0, 0, 10);
        FakeSegment stays = segment(1, 0, 20);
        offloader.submit(gone);
        offloader.submit(stays);

        offloader.withdraw(gone.partition());

        assertThat(offloader.progress()).isEqualTo(new Progress(1, 20));
        offloader.start();
        time.advance(MAX_WAIT);
        awaitOffloaded(stays);
        assertThat(gone.references).isEmpty();
    }

    @Test
    void uploadsAreBounded() {
        var latch = store.holdCreates();
        for (int i = 0; i < 20; i++) {
            offloader.submit(segment(i, 0, 1_500));
        }
        offloader.start();
        soon().until(() -> store.createsNow.get() == SETTINGS.parallelUploads());
        latch.countDown();
        soon().until(() -> offloader.progress().isDone());
        assertThat(store.maxCreatesAtOnce).hasValue(SETTINGS.parallelUploads());
    }

    @Test
    void drainingUploadsEverythingWithoutWaitingForCompany() throws InterruptedException {
        offloader.start();
        FakeSegment first = segment(0, 0, 10);
        FakeSegment second = segment(1, 0, 10);
        offloader.submit(first);
        offloader.submit(second);
        var heard = new CopyOnWriteArrayList<Progress>();

        Progress left = offloader.drain(Duration.ofSeconds(10), heard::add);

        assertThat(left).isEqualTo(new Progress(0, 0));
        assertThat(heard).first().isEqualTo(new Progress(2, 20));
        assertThat(heard).last().isEqualTo(new Progress(0, 0));
        assertStored(first);
        assertStored(second);
    }

    @Test
    void drainingEndsAtItsBoundAndSaysWhatIsLeft() throws InterruptedException {
        store.down(true);
        offloader.start();
        offloader.submit(segment(0, 0, 10));
        Thread clock = Thread.ofVirtual().start(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                time.advance(Duration.ofMillis(100));
                LockSupport.parkNanos(1_000_000);
            }
        });
        try {
            assertThat(offloader.drain(Duration.ofSeconds(10), p -> {})).isEqualTo(new Progress(1, 10));
        } finally {
            clock.interrupt();
        }
        assertThat(store.creates).as("short pauses while draining").hasValueGreaterThan(5);
    }
}
