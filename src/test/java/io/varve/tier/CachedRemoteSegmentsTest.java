package io.varve.tier;

import static io.varve.tier.ObjectStoreContract.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.varve.cluster.PartitionRecord;
import io.varve.cluster.PartitionRecord.ManifestPage;
import io.varve.cluster.PartitionRecord.OffloadedSegment;
import io.varve.tier.ObjectStoreException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CachedRemoteSegmentsTest {
    private static final int CHUNK = 1_000;
    /** Twenty chunks and a half, behind another segment in the object, so that nothing is aligned by luck. */
    private static final int SIZE = 20_500;

    @TempDir
    Path temp;

    private final ManualTime time = new ManualTime();
    private final MemoryObjectStore objects = new MemoryObjectStore(time);
    private final FaultyObjectStore store = new FaultyObjectStore(objects);
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final List<CachedRemoteSegments> opened = new ArrayList<>();
    private FakeSegment segment;
    private OffloadedSegment reference;

    @BeforeEach
    void upload() throws IOException {
        FakeSegment other = new FakeSegment(temp, 1, 0, 333, 0);
        segment = new FakeSegment(temp, 0, 100, SIZE, 0);
        DataObject object = DataObjectWriter.plan(List.of(other, segment));
        objects.create("data/a", object);
        reference = object.references("data/a").getLast();
    }

    @AfterEach
    void close() {
        opened.forEach(CachedRemoteSegments::close);
    }

    private static CacheSettings settings(long memoryBytes, long diskBytes, int readAheadBytes) {
        return new CacheSettings(CHUNK, memoryBytes, diskBytes, 4 * CHUNK, readAheadBytes, 8, 1_000);
    }

    private CachedRemoteSegments segments(CacheSettings settings) {
        var segments = new CachedRemoteSegments(
                store, settings, temp.resolve("cache"), time, Thread.ofVirtual().factory(), meters);
        opened.add(segments);
        return segments;
    }

    /** Memory only, and nothing read ahead. */
    private CachedRemoteSegments plain() {
        return segments(settings(1_000_000, 0, 0));
    }

    private byte[] expected(int position, int length) {
        return Arrays.copyOfRange(segment.bytes, position, position + length);
    }

    private void assertReads(CachedRemoteSegments segments, int position, int length) {
        var bytes = segments.read(reference, position, length);
        assertThat(bytes.isReadOnly()).isTrue();
        assertThat(Contents.bytes(bytes)).isEqualTo(expected(position, length));
    }

    private double reads(String from) {
        return meters.get("varve.tier.cache.reads").tag("from", from).counter().count();
    }

    private static ConditionFactory soon() {
        return await().atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofMillis(2));
    }

    @Test
    void readsAnyRange() {
        CachedRemoteSegments segments = plain();
        assertReads(segments, 0, SIZE);
        assertReads(segments, 0, 1);
        assertReads(segments, 999, 2);
        assertReads(segments, 1_000, 1_000);
        assertReads(segments, 20_000, 500);
        assertReads(segments, 20_499, 1);
        assertReads(segments, 5, 0);
        assertReads(segments, 1_500, 17_777);
    }

    @Test
    void refusesWhatIsNotInTheSegment() {
        CachedRemoteSegments segments = plain();
        assertFails(Kind.NOT_FOUND, () -> segments.read(reference, SIZE - 1, 2));
        assertFails(Kind.NOT_FOUND, () -> segments.read(reference, -1, 1));
        assertFails(Kind.NOT_FOUND, () -> segments.read(reference, 0, SIZE + 1));
        assertThat(store.reads).hasValue(0);
    }

    @Test
    void adjacentMissingChunksAreReadTogether() {
        CachedRemoteSegments segments = plain();
        assertReads(segments, 0, 4_000);
        assertThat(store.reads).hasValue(1);
        assertReads(segments, 0, 12_000);
        assertThat(store.reads).as("two more requests of four chunks").hasValue(3);
        assertThat(store.readBytes).hasValue(12_000);
        assertReads(segments, 3_500, 5_000);
        assertThat(store.reads).hasValue(3);
        assertThat(reads("store")).isEqualTo(12);
    }

    @Test
    void manyReadersOfAChunkCauseOneRequest() throws Exception {
        CachedRemoteSegments segments = plain();
        var latch = store.holdReads();
        List<Future<Void>> readers = new ArrayList<>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Callable<Void> reader = () -> {
                assertReads(segments, 100, 300);
                return null;
            };
            for (int i = 0; i < 50; i++) {
                readers.add(threads.submit(reader));
            }
            soon().until(() -> reads("flight") == 49);
            latch.countDown();
        }
        for (Future<Void> reader : readers) {
            reader.get();
        }
        assertThat(store.reads).hasValue(1);
    }

    @Test
    void aFailedLoadIsNotRemembered() {
        CachedRemoteSegments segments = plain();
        store.failReads(Kind.UNAVAILABLE);

        assertFails(Kind.UNAVAILABLE, () -> segments.read(reference, 0, 10));

        assertReads(segments, 0, 10);
        assertThat(store.reads).hasValue(2);
    }

    @Test
    void oneFailingChunkDoesNotSpoilTheOthers() {
        CachedRemoteSegments segments = plain();
        assertReads(segments, 0, 2_000);
        store.failReads(Kind.UNAVAILABLE);
        assertFails(Kind.UNAVAILABLE, () -> segments.read(reference, 0, 3_000));

        store.down(true);
        assertReads(segments, 0, 2_000);
        assertFails(Kind.UNAVAILABLE, () -> segments.read(reference, 2_000, 1_000));
        store.down(false);

        assertReads(segments, 0, 3_000);
    }

    @Test
    void aReaderThatSharedAFailedLoadTriesForItself() throws Exception {
        // Given a load that two readers wait for, and that fails
        CachedRemoteSegments segments = plain();
        var latch = store.holdReads();
        store.failReads(Kind.UNAVAILABLE);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> first =
                    threads.submit(() -> assertFails(Kind.UNAVAILABLE, () -> segments.read(reference, 0, 10)));
            soon().until(() -> store.reads.get() == 1);
            Future<?> second = threads.submit(() -> assertReads(segments, 0, 10));
            soon().until(() -> reads("flight") == 1);
            // When
            latch.countDown();
            // Then only the one that caused it fails
            first.get();
            second.get();
        }
    }

    @Test
    void aReaderThatGoesAwayDoesNotSpoilTheLoadForOthers() throws Exception {
        CachedRemoteSegments segments = plain();
        var latch = store.holdReads();
        Thread impatient =
                Thread.ofVirtual().start(() -> assertFails(Kind.UNAVAILABLE, () -> segments.read(reference, 0, 10)));
        soon().until(() -> store.reads.get() == 1);
        impatient.interrupt();
        impatient.join();
        latch.countDown();

        assertReads(segments, 0, 10);
        assertThat(store.reads).hasValue(1);
    }

    @Test
    void memoryIsBounded() {
        CachedRemoteSegments segments = segments(settings(5_000, 0, 0));
        for (int round = 0; round < 3; round++) {
            assertReads(segments, 0, SIZE);
        }
        // What is over the bound is evicted right after the read, not within it.
        soon().untilAsserted(() -> assertThat(
                        meters.get("varve.tier.cache.memory").gauge().value())
                .isLessThanOrEqualTo(5_000));
        assertThat(store.reads.get()).isGreaterThan(6);
    }

    @Test
    void whatFallsOutOfMemoryComesFromTheDisk() {
        CachedRemoteSegments segments = segments(settings(2_000, 100_000, 0));
        for (int i = 0; i < 20; i++) {
            assertReads(segments, i * CHUNK, CHUNK);
            double kept = (i + 1.0) * CHUNK;
            soon().until(() -> meters.get("varve.tier.cache.disk").gauge().value() == kept);
        }
        int reads = store.reads.get();

        assertReads(segments, 0, 20 * CHUNK);

        assertThat(store.reads).hasValue(reads);
        assertThat(reads("disk")).isGreaterThanOrEqualTo(18);
    }

    @Test
    void damageOnTheLocalDiskIsReadAgainFromTheStore() throws IOException {
        CachedRemoteSegments segments = segments(settings(1_100, 100_000, 0));
        for (int i = 0; i < 3; i++) {
            assertReads(segments, i * CHUNK, CHUNK);
        }
        soon().until(() -> meters.get("varve.tier.cache.disk").gauge().value() == 3 * CHUNK);
        try (var files = Files.newDirectoryStream(temp.resolve("cache"))) {
            for (Path file : files) {
                byte[] bytes = Files.readAllBytes(file);
                bytes[7] ^= 1;
                Files.write(file, bytes);
            }
        }
        assertReads(segments, 0, 3 * CHUNK);
        assertThat(meters.get("varve.tier.cache.disk.failures").counter().count())
                .isGreaterThanOrEqualTo(2);
    }

    @Test
    void aFolderThatCannotBeUsedOnlyCostsTheDiskTier() throws IOException {
        Files.writeString(temp.resolve("cache"), "a file");
        assertReads(segments(settings(100_000, 100_000, 0)), 0, SIZE);
    }

    @Test
    void aSequentialReaderIsReadAheadOf() {
        CachedRemoteSegments segments = segments(settings(1_000_000, 0, 8 * CHUNK));
        for (int position = 0; position < 20_000; position += 500) {
            assertReads(segments, position, 500);
        }
        soon().until(() -> meters.get("varve.tier.read.ahead").counter().count() >= 18);
        assertThat(store.readBytes.get()).as("nothing twice").isEqualTo(SIZE);
        assertThat(store.reads.get()).as("a few large requests").isLessThanOrEqualTo(9);
    }

    @Test
    void aRandomReaderIsNotReadAheadOf() {
        CachedRemoteSegments segments = segments(settings(1_000_000, 0, 8 * CHUNK));
        assertReads(segments, 15_000, 100);
        assertReads(segments, 7_000, 100);
        assertReads(segments, 11_000, 100);

        assertThat(meters.get("varve.tier.read.ahead").counter().count()).isZero();
        assertThat(store.readBytes).hasValue(3 * CHUNK);
    }

    @Test
    void readAheadThatFailsHarmsNobody() {
        CachedRemoteSegments segments = segments(settings(1_000_000, 0, 8 * CHUNK));
        assertReads(segments, 0, 1_000);
        soon().until(() -> store.reads.get() == 2);
        store.failReads(Kind.UNAVAILABLE, Kind.UNAVAILABLE);
        assertThat(readEventually(segments, 1_000)).isEqualTo(expected(1_000, 10_000));
    }

    private byte[] readEventually(CachedRemoteSegments segments, int position) {
        while (true) {
            try {
                return Contents.bytes(segments.read(reference, position, 10_000));
            } catch (ObjectStoreException e) {
                assertThat(e.kind()).isEqualTo(Kind.UNAVAILABLE);
            }
        }
    }

    @Test
    void indexesAndProducerStatesAreCachedAndChecked() {
        CachedRemoteSegments segments = plain();
        for (int i = 0; i < 3; i++) {
            assertThat(Contents.text(segments.index(reference))).isEqualTo("index of AAAAAAAAAAAAAAAAAAAAAQ-0 at 100");
            assertThat(Contents.text(segments.producerStates(reference)))
                    .isEqualTo("producers of AAAAAAAAAAAAAAAAAAAAAQ-0 at 100");
        }
        assertThat(store.reads).as("index, footer, producer states").hasValue(3);
    }

    @Test
    void aDamagedIndexIsNoticedAndNotKept() {
        CachedRemoteSegments segments = plain();
        objects.damage("data/a", (int) reference.indexPosition() + 2);
        assertFails(Kind.CORRUPT, () -> segments.index(reference));

        objects.damage("data/a", (int) reference.indexPosition() + 2);

        assertThat(Contents.text(segments.index(reference))).startsWith("index of");
    }

    @Test
    void pagesAreCached() {
        var pages = new ManifestPages(store, new ObjectNames(time, new Random(1)), 2, Duration.ofMinutes(30), time);
        var offloaded =
                List.of(Records.segment(0, "data/x"), Records.segment(100, "data/y"), Records.segment(200, "z"));
        PartitionRecord record = Records.record(0, List.of(), offloaded, List.of());
        ManifestPage page = pages.prepare(segment.partition(), record)
                .orElseThrow()
                .apply(record)
                .pages()
                .getFirst();
        CachedRemoteSegments segments = plain();
        store.failReads(Kind.UNAVAILABLE);

        assertFails(Kind.UNAVAILABLE, () -> segments.page(page));
        for (int i = 0; i < 3; i++) {
            assertThat(segments.page(page)).isEqualTo(offloaded.subList(0, 2));
        }
        assertThat(store.reads).hasValue(2);
    }
}
