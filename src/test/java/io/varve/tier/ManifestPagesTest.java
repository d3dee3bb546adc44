package io.varve.tier;

import static io.varve.tier.ObjectStoreContract.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord;
import io.varve.cluster.PartitionRecord.ManifestPage;
import io.varve.cluster.PartitionRecord.OffloadedSegment;
import io.varve.tier.ObjectStoreException.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ManifestPagesTest {
    private static final PartitionId ID = new PartitionId(FakeSegment.TOPIC, 4);

    private final ManualTime time = new ManualTime();
    private final MemoryObjectStore objects = new MemoryObjectStore(time);
    private final FaultyObjectStore store = new FaultyObjectStore(objects);
    private final ManifestPages pages =
            new ManifestPages(store, new ObjectNames(time, new Random(1)), 4, Duration.ofMinutes(30), time);

    private static List<OffloadedSegment> segments(int from, int to) {
        var segments = new ArrayList<OffloadedSegment>();
        for (int i = from; i < to; i++) {
            segments.add(Records.segment(i * 100L, "data/aa/" + i));
        }
        return segments;
    }

    private static PartitionRecord record(List<OffloadedSegment> offloaded) {
        return Records.record(0, List.of(), offloaded, List.of());
    }

    /** Every segment the record names, in pages or inline. */
    private List<OffloadedSegment> all(PartitionRecord record) {
        var all = new ArrayList<OffloadedSegment>();
        record.pages().forEach(page -> all.addAll(ManifestPages.read(store, page)));
        all.addAll(record.offloaded());
        return all;
    }

    @Test
    void aRecordWithFewReferencesIsLeftAlone() {
        assertThat(pages.prepare(ID, record(segments(0, 4)))).isEmpty();
        assertThat(objects.keys()).isEmpty();
    }

    @Test
    void theOldestReferencesMoveToAPage() {
        // Given one reference too many
        PartitionRecord record = record(segments(0, 5));
        // When
        PartitionRecord changed = pages.prepare(ID, record).orElseThrow().apply(record);
        // Then the newest two stay
        assertThat(changed.offloaded()).containsExactlyElementsOf(segments(3, 5));
        ManifestPage page = changed.pages().getFirst();
        assertThat(page.object()).startsWith("manifest/");
        assertThat(page.baseOffset()).isZero();
        assertThat(page.endOffset()).isEqualTo(300);
        assertThat(page.segments()).isEqualTo(3);
        assertThat(page.sizeBytes()).isEqualTo(1_500);
        assertThat(page.maxTimestamp()).isEqualTo(1_200);
        assertThat(all(changed)).containsExactlyElementsOf(segments(0, 5));
    }

    @Test
    void theChangeMayBeAppliedAgainAndLeavesOtherRecordsAlone() {
        PartitionRecord record = record(segments(0, 5));
        var change = pages.prepare(ID, record).orElseThrow();
        PartitionRecord changed = change.apply(record);

        assertThat(change.apply(changed)).isEqualTo(changed);
        PartitionRecord trimmed = record(segments(1, 5));
        assertThat(change.apply(trimmed)).isEqualTo(trimmed);
        PartitionRecord grown = record(segments(0, 7));
        assertThat(all(change.apply(grown))).containsExactlyElementsOf(segments(0, 7));
    }

    @Test
    void rule8_aPageIsNotReferencedTooLate() {
        PartitionRecord record = record(segments(0, 5));
        var change = pages.prepare(ID, record).orElseThrow();

        time.advance(Duration.ofMinutes(30));

        assertThat(change.apply(record)).isEqualTo(record);
    }

    @Test
    void theRecordStaysSmallHoweverManySegmentsThereAre() {
        var many = new ManifestPages(store, new ObjectNames(time, new Random(1)), 32, Duration.ofMinutes(30), time);
        PartitionRecord record = record(List.of());
        int mostPages = 0;
        int total = 20_000;
        for (int i = 0; i < total; i++) {
            var offloaded = new ArrayList<>(record.offloaded());
            offloaded.add(Records.segment(i * 100L, "data/aa/" + i));
            record = Records.record(0, List.of(), offloaded, record.pages());
            var change = many.prepare(ID, record);
            if (change.isPresent()) {
                record = change.get().apply(record);
            }
            assertThat(record.offloaded()).hasSizeLessThanOrEqualTo(32);
            mostPages = Math.max(mostPages, record.pages().size());
        }
        assertThat(mostPages).isLessThanOrEqualTo(total / 2_500 + 12);
        assertThat(all(record)).containsExactlyElementsOf(segments(0, total));
        long rewritten = store.createdKeys.stream().mapToLong(objects::length).sum();
        assertThat(rewritten).as("bytes written for pages").isLessThan(total * 3_000L);
    }

    @Test
    void nothingMovesPastASegmentThatIsNotOffloadedYet() {
        // Given a sealed segment between the offloaded ones
        var offloaded = new ArrayList<>(segments(0, 2));
        offloaded.addAll(segments(3, 8));
        PartitionRecord gap = Records.record(0, List.of(Records.sealed(200)), offloaded, List.of());
        // Then only those before it move
        PartitionRecord changed = pages.prepare(ID, gap).orElseThrow().apply(gap);
        assertThat(changed.pages().getFirst().endOffset()).isEqualTo(200);
        assertThat(changed.offloaded()).containsExactlyElementsOf(segments(3, 8));
        // And none when it is the first
        PartitionRecord first = Records.record(0, List.of(Records.sealed(0)), segments(1, 8), List.of());
        assertThat(pages.prepare(ID, first)).isEmpty();
        // And none when it lies between the pages and the rest
        PartitionRecord between = Records.record(0, List.of(Records.sealed(200)), segments(3, 8), changed.pages());
        assertThat(pages.prepare(ID, between)).isEmpty();
    }

    @Test
    void retentionDropsWhatLiesBelowTheLogStart() {
        PartitionRecord record = record(segments(0, 5));
        PartitionRecord paged = pages.prepare(ID, record).orElseThrow().apply(record);

        PartitionRecord inPage = Records.record(250, List.of(), paged.offloaded(), paged.pages());
        assertThat(ManifestPages.trimmed(inPage)).isSameAs(inPage);
        PartitionRecord afterPage = Records.record(300, List.of(), paged.offloaded(), paged.pages());
        assertThat(ManifestPages.trimmed(afterPage).pages()).isEmpty();
        assertThat(ManifestPages.trimmed(afterPage).offloaded()).hasSize(2);
        PartitionRecord inTail = Records.record(400, List.of(), paged.offloaded(), paged.pages());
        assertThat(ManifestPages.trimmed(inTail).offloaded()).containsExactlyElementsOf(segments(4, 5));
    }

    @Test
    void aDamagedOrForeignPageIsNoticed() {
        PartitionRecord record = record(segments(0, 5));
        ManifestPage page =
                pages.prepare(ID, record).orElseThrow().apply(record).pages().getFirst();
        objects.damage(page.object(), 10);
        assertFails(Kind.CORRUPT, () -> ManifestPages.read(store, page));
        objects.damage(page.object(), 10);
        var foreign = new ManifestPage(page.object(), 0, 400, 3, 1_500, 1_200);
        assertFails(Kind.CORRUPT, () -> ManifestPages.read(store, foreign));
        objects.lose(page.object());
        assertFails(Kind.NOT_FOUND, () -> ManifestPages.read(store, page));
    }

    @Test
    void aStoreThatFailsChangesNothing() {
        PartitionRecord record = record(segments(0, 5));
        store.down(true);

        assertFails(Kind.UNAVAILABLE, () -> pages.prepare(ID, record));
    }
}
