package io.varve.tier;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord;
import io.varve.cluster.PartitionRecord.OffloadedSegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rule 8: only the sweeper deletes, and only what nothing references. */
class SweeperTest {
    private static final Duration GRACE = Duration.ofHours(1);
    private static final PartitionId ID = new PartitionId(FakeSegment.TOPIC, 0);

    @TempDir
    Path temp;

    private final ManualTime time = new ManualTime();
    private final MemoryObjectStore objects = new MemoryObjectStore(time);
    private final FaultyObjectStore store = new FaultyObjectStore(objects);
    private final ObjectNames names = new ObjectNames(time, new Random(1));
    private final Records records = new Records();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private boolean ours = true;
    private final Sweeper sweeper = sweeper(records);

    private Sweeper sweeper(Records of) {
        var segments = new CachedRemoteSegments(
                store,
                CacheSettings.defaults(64 << 20, 0),
                Path.of("unused"),
                time,
                Thread.ofVirtual().factory(),
                meters);
        return new Sweeper(store, names, of, segments, () -> ours, GRACE, meters);
    }

    private OffloadedSegment stored(long baseOffset) {
        String key = names.data();
        objects.create(key, Contents.of("data"));
        return Records.segment(baseOffset, key);
    }

    private void reference(OffloadedSegment... segments) {
        records.put(ID, Records.record(0, List.of(), List.of(segments), List.of()));
    }

    private boolean isThere(OffloadedSegment segment) {
        return objects.keys().contains(segment.object());
    }

    @Test
    void rule8_deletesWhatNothingReferences_afterTheGracePeriodAndTwoPasses() {
        // Given one referenced and one unreferenced object
        OffloadedSegment kept = stored(0);
        OffloadedSegment orphan = stored(100);
        reference(kept);
        // When the grace period is not over
        time.advance(GRACE);
        assertThat(sweeper.sweep().suspects()).isZero();
        // Then the first pass after it only suspects
        time.advance(Duration.ofMillis(1));
        Sweeper.Result first = sweeper.sweep();
        assertThat(first).isEqualTo(new Sweeper.Result(1, 1, 0, 0, null));
        assertThat(isThere(orphan)).isTrue();
        // And the second deletes
        Sweeper.Result second = sweeper.sweep();
        assertThat(second).isEqualTo(new Sweeper.Result(1, 0, 1, 4, null));
        assertThat(objects.keys()).containsExactly(kept.object());
        assertThat(meters.get("varve.tier.sweep.deleted").counter().count()).isEqualTo(1);
    }

    @Test
    void rule8_theMarkOfTheClusterStays() {
        ClusterMark.create(objects, "a");
        reference(stored(0));
        time.advance(GRACE.plusSeconds(1));
        sweeper.sweep();
        sweeper.sweep();
        assertThat(ClusterMark.read(objects)).contains("a");
    }

    @Test
    void rule8_anObjectThatIsReferencedBetweenTwoPassesStays() {
        OffloadedSegment other = stored(0);
        OffloadedSegment late = stored(100);
        reference(other);
        time.advance(GRACE.plusSeconds(1));
        assertThat(sweeper.sweep().suspects()).isEqualTo(1);

        reference(other, late);

        assertThat(sweeper.sweep().deleted()).isZero();
        assertThat(sweeper.sweep().deleted()).isZero();
        assertThat(isThere(late)).isTrue();
    }

    @Test
    void rule8_referencesAreReadAfterTheListing() {
        // Given an object that is referenced exactly while a pass lists
        OffloadedSegment other = stored(0);
        OffloadedSegment late = stored(100);
        reference(other);
        time.advance(GRACE.plusSeconds(1));
        sweeper.sweep();
        var listing = new ObjectStoreListener(store, () -> reference(other, late));
        var segments = new CachedRemoteSegments(
                store,
                CacheSettings.defaults(64 << 20, 0),
                temp,
                time,
                Thread.ofVirtual().factory(),
                meters);
        var watched = new Sweeper(listing, names, records, segments, () -> true, GRACE, new SimpleMeterRegistry());
        reference(other);
        watched.sweep();
        reference(other);
        // When
        watched.sweep();
        // Then
        assertThat(isThere(late)).isTrue();
    }

    @Test
    void rule8_segmentsInPagesAreReferences_butNotBelowTheLogStart() {
        // Given a page of two segments and its orphaned predecessor
        OffloadedSegment old = stored(0);
        OffloadedSegment kept = stored(100);
        var inline = new ArrayList<>(List.of(old, kept));
        for (int i = 2; i < 4; i++) {
            inline.add(stored(i * 100L));
        }
        var pages = new ManifestPages(store, names, 3, Duration.ofMinutes(30), time);
        PartitionRecord record = Records.record(0, List.of(), inline, List.of());
        PartitionRecord paged = pages.prepare(ID, record).orElseThrow().apply(record);
        assertThat(paged.pages().getFirst().endOffset()).isGreaterThanOrEqualTo(200);
        records.put(ID, paged);
        time.advance(GRACE.plusSeconds(1));
        sweeper.sweep();
        assertThat(sweeper.sweep().deleted()).isZero();
        // When retention moves the log start into the page
        records.put(ID, Records.record(100, List.of(), paged.offloaded(), paged.pages()));
        sweeper.sweep();
        sweeper.sweep();
        sweeper.sweep();
        // Then what is below it goes, and the page and the rest stay
        assertThat(isThere(old)).isFalse();
        assertThat(isThere(kept)).isTrue();
        assertThat(objects.keys()).contains(paged.pages().getFirst().object());
        assertThat(objects.keys()).hasSize(4);
    }

    @Test
    void rule8_aPageThatCannotBeReadStopsThePass() {
        var inline = List.of(stored(0), stored(100), stored(200), stored(300));
        var pages = new ManifestPages(store, names, 3, Duration.ofMinutes(30), time);
        PartitionRecord record = Records.record(0, List.of(), inline, List.of());
        PartitionRecord paged = pages.prepare(ID, record).orElseThrow().apply(record);
        records.put(ID, paged);
        OffloadedSegment orphan = stored(900);
        time.advance(GRACE.plusSeconds(1));
        sweeper.sweep();
        objects.damage(paged.pages().getFirst().object(), 3);
        // A sweeper that has not cached the page
        Sweeper other = sweeper(records);
        for (int i = 0; i < 3; i++) {
            Sweeper.Result result = other.sweep();
            assertThat(result.stopped()).contains("damaged");
            assertThat(result.deleted()).isZero();
        }
        assertThat(isThere(orphan)).isTrue();
        assertThat(meters.get("varve.tier.sweep.stopped").counter().count()).isEqualTo(3);
    }

    @Test
    void rule8_lostMetadataDeletesNothing() {
        // Given a sweeper that starts on an empty metadata store
        OffloadedSegment precious = stored(0);
        time.advance(GRACE.plusSeconds(1));
        for (int i = 0; i < 3; i++) {
            assertThat(sweeper.sweep().stopped()).contains("lost metadata");
        }
        assertThat(isThere(precious)).isTrue();
        // And one whose store is emptied later
        reference(precious);
        sweeper.sweep();
        records.remove(ID);
        ours = false;
        sweeper.sweep();
        for (int i = 0; i < 3; i++) {
            assertThat(sweeper.sweep().stopped()).contains("not this cluster's");
        }
        assertThat(isThere(precious)).isTrue();
    }

    @Test
    void theLastTopicsObjectsGoToo() {
        OffloadedSegment segment = stored(0);
        reference(segment);
        time.advance(GRACE.plusSeconds(1));
        sweeper.sweep();

        records.remove(ID);
        sweeper.sweep();
        sweeper.sweep();
        sweeper.sweep();

        assertThat(objects.keys()).isEmpty();
    }

    @Test
    void onlyTheTiersOwnObjectsAreLookedAt() {
        objects.create("snapshots/metadata", Contents.of("x"));
        reference(stored(0));
        time.advance(GRACE.plusSeconds(1));
        sweeper.sweep();
        sweeper.sweep();

        assertThat(objects.keys()).contains("snapshots/metadata");
    }

    @Test
    void markersOfBrokenPassesAreClearedAway() {
        reference(stored(0));
        objects.create("sweep/aa/old", Contents.of("x"));
        time.advance(GRACE.plusSeconds(1));
        objects.create("sweep/aa/young", Contents.of("x"));

        sweeper.sweep();

        assertThat(new TreeSet<>(objects.keys()).tailSet("sweep/")).containsExactly("sweep/aa/young");
    }

    @Test
    void aStoreThatIsDownStopsThePassAndTheNextGoesOn() {
        OffloadedSegment orphan = stored(100);
        reference(stored(0));
        time.advance(GRACE.plusSeconds(1));
        sweeper.sweep();
        store.down(true);
        assertThat(sweeper.sweep().stopped()).contains("down");

        store.down(false);
        sweeper.sweep();

        assertThat(isThere(orphan)).isFalse();
    }

    /** Does something whenever a listing of data objects has ended. */
    private static final class ObjectStoreListener implements ObjectStore {
        private final ObjectStore delegate;
        private final Runnable afterListing;

        ObjectStoreListener(ObjectStore delegate, Runnable afterListing) {
            this.delegate = delegate;
            this.afterListing = afterListing;
        }

        @Override
        public void list(String prefix, Consumer<List<StoredObject>> visitor) {
            delegate.list(prefix, visitor);
            if (prefix.equals(ObjectNames.MANIFEST)) {
                afterListing.run();
            }
        }

        @Override
        public void create(String key, ObjectContent content) {
            delegate.create(key, content);
        }

        @Override
        public ByteBuffer read(String key, long position, int length) {
            return delegate.read(key, position, length);
        }

        @Override
        public long length(String key) {
            return delegate.length(key);
        }

        @Override
        public void delete(String key) {
            delegate.delete(key);
        }

        @Override
        public void close() {
            delegate.close();
        }
    }
}
