package io.varve.tier;

import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord;
import io.varve.cluster.PartitionRecord.ManifestPage;
import io.varve.cluster.PartitionRecord.OffloadedSegment;
import io.varve.tier.ObjectStoreException.Kind;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.utils.Time;

/**
 * Moves the oldest of a partition record's references to manifest pages, so that the record stays small however much data the
 * partition has. A page lists up to {@link #MAX_SEGMENTS_A_PAGE} segments. Newest pages that list no more segments than what is
 * moved are merged with it into a new page, as the digits of a counter carry: so there are a handful of small pages beside the full
 * ones, and a reference is rewritten some eight times in its life. 100,000 segments make about 28 references to pages, of
 * some 150 bytes each. Stateless; thread-safe as far as its store is.
 */
public final class ManifestPages {
    /** The default of how many references a record keeps inline. */
    public static final int DEFAULT_INLINE = 32;

    static final int MAX_SEGMENTS_A_PAGE = 5_000;

    /** What is in a page object, before its trailer. */
    record Page(String topicId, int partition, List<OffloadedSegment> segments) {}

    private final ObjectStore store;
    private final ObjectNames names;
    private final int maxInline;
    private final Duration referenceWithin;
    private final Time time;

    /**
     * @param maxInline how many references a record may hold before half of them are moved
     * @param referenceWithin how long after it was begun a page may still be referenced: at most half of the sweeper's grace period
     */
    public ManifestPages(ObjectStore store, ObjectNames names, int maxInline, Duration referenceWithin, Time time) {
        if (maxInline < 2) {
            throw new IllegalArgumentException("at least two references stay inline");
        }
        this.store = store;
        this.names = names;
        this.maxInline = maxInline;
        this.referenceWithin = referenceWithin;
        this.time = time;
    }

    /**
     * Writes a page when {@code record} holds too many references. The change is for {@link
     * io.varve.cluster.PartitionRecords#update}: it leaves a record alone that has changed where it matters, or holds the change
     * already, or when it comes too late; the page is then an orphan for the sweeper.
     *
     * @return the change to apply, or empty when there is nothing to do
     * @throws ObjectStoreException when the store cannot be read or written; nothing has changed then
     */
    public Optional<UnaryOperator<PartitionRecord>> prepare(PartitionId id, PartitionRecord record) {
        List<OffloadedSegment> moved = moved(record);
        if (moved.isEmpty()) {
            return Optional.empty();
        }
        long started = time.nanoseconds();
        List<ManifestPage> merged = merged(record, moved.size());
        var segments = new ArrayList<OffloadedSegment>();
        for (ManifestPage page : merged) {
            segments.addAll(read(store, page));
        }
        segments.addAll(moved);
        ManifestPage page = write(id, segments);
        // Asked at every attempt to change the record: the sweeper may take a page that is not referenced for an
        // orphan.
        return Optional.of(current -> time.nanoseconds() - started < referenceWithin.toNanos()
                ? apply(current, merged, moved, page)
                : current);
    }

    /** The oldest half, as far as nothing that is not offloaded yet lies before or between them. */
    private List<OffloadedSegment> moved(PartitionRecord record) {
        List<OffloadedSegment> offloaded = record.offloaded();
        if (offloaded.size() <= maxInline) {
            return List.of();
        }
        int count = 0;
        long next = record.pages().isEmpty()
                ? offloaded.getFirst().baseOffset()
                : record.pages().getLast().endOffset();
        boolean startsAfterSealed = record.sealed().stream()
                .anyMatch(s -> s.baseOffset() < offloaded.getFirst().baseOffset());
        int half = offloaded.size() - maxInline / 2;
        while (!startsAfterSealed && count < half && offloaded.get(count).baseOffset() == next) {
            next = offloaded.get(count).endOffset();
            count++;
        }
        return offloaded.subList(0, Math.min(count, MAX_SEGMENTS_A_PAGE));
    }

    private static List<ManifestPage> merged(PartitionRecord record, int movedSegments) {
        List<ManifestPage> pages = record.pages();
        int total = movedSegments;
        int from = pages.size();
        while (from > 0
                && pages.get(from - 1).segments() <= total
                && total + pages.get(from - 1).segments() <= MAX_SEGMENTS_A_PAGE) {
            from--;
            total += pages.get(from).segments();
        }
        return pages.subList(from, pages.size());
    }

    private ManifestPage write(PartitionId id, List<OffloadedSegment> segments) {
        requireContiguous(segments);
        var page = new Page(id.topicId().toString(), id.partition(), segments);
        String key = names.manifest();
        store.create(key, new ByteArrayContent(Trailer.seal(Trailer.Type.MANIFEST_PAGE, Json.write(page))));
        return new ManifestPage(
                key,
                segments.getFirst().baseOffset(),
                segments.getLast().endOffset(),
                segments.size(),
                segments.stream().mapToLong(OffloadedSegment::sizeBytes).sum(),
                segments.stream()
                        .mapToLong(OffloadedSegment::maxTimestamp)
                        .max()
                        .orElse(-1));
    }

    private static void requireContiguous(List<OffloadedSegment> segments) {
        for (int i = 1; i < segments.size(); i++) {
            if (segments.get(i).baseOffset() != segments.get(i - 1).endOffset()) {
                throw new IllegalStateException(
                        "a gap before offset " + segments.get(i).baseOffset());
            }
        }
    }

    private static PartitionRecord apply(
            PartitionRecord current, List<ManifestPage> merged, List<OffloadedSegment> moved, ManifestPage page) {
        int keptPages = current.pages().size() - merged.size();
        boolean asBefore = keptPages >= 0
                && current.pages().subList(keptPages, current.pages().size()).equals(merged)
                && current.offloaded().size() >= moved.size()
                && current.offloaded().subList(0, moved.size()).equals(moved);
        if (!asBefore) {
            return current;
        }
        var pages = new ArrayList<>(current.pages().subList(0, keptPages));
        pages.add(page);
        return with(
                current,
                pages,
                current.offloaded().subList(moved.size(), current.offloaded().size()));
    }

    /**
     * Drops pages and inline references that lie wholly below the log start offset: what retention calls. A page is dropped as a
     * whole, but the sweeper does not count its segments below the log start offset, so their space is freed before.
     */
    public static PartitionRecord trimmed(PartitionRecord record) {
        long start = record.logStartOffset();
        List<ManifestPage> pages =
                record.pages().stream().filter(p -> p.endOffset() > start).toList();
        List<OffloadedSegment> offloaded =
                record.offloaded().stream().filter(s -> s.endOffset() > start).toList();
        boolean same = pages.size() == record.pages().size()
                && offloaded.size() == record.offloaded().size();
        return same ? record : with(record, pages, offloaded);
    }

    private static PartitionRecord with(
            PartitionRecord record, List<ManifestPage> pages, List<OffloadedSegment> offloaded) {
        return new PartitionRecord(
                record.version(),
                record.epoch(),
                record.owner(),
                record.logStartOffset(),
                record.open(),
                record.sealed(),
                offloaded,
                pages,
                record.epochs(),
                record.endOffset());
    }

    /**
     * Reads a page, uncached: see {@link RemoteSegments#page}.
     *
     * @throws ObjectStoreException of kind {@code CORRUPT} when it is damaged or is not the page that {@code reference} is of
     */
    public static List<OffloadedSegment> read(ObjectStore store, ManifestPage reference) {
        String key = reference.object();
        // Larger pages take one request more.
        ByteBuffer body = SealedObject.body(store, key, Trailer.Type.MANIFEST_PAGE, 256 * 1024);
        List<OffloadedSegment> segments = Json.read(body, Page.class, key).segments();
        boolean matches = segments.size() == reference.segments()
                && !segments.isEmpty()
                && segments.getFirst().baseOffset() == reference.baseOffset()
                && segments.getLast().endOffset() == reference.endOffset();
        if (!matches) {
            throw new ObjectStoreException(Kind.CORRUPT, "Object " + key + " is not the page it should be", null);
        }
        return List.copyOf(segments);
    }
}
