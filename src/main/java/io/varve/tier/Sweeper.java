package io.varve.tier;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.varve.cluster.PartitionRecord;
import io.varve.cluster.PartitionRecord.ManifestPage;
import io.varve.cluster.PartitionRecord.OffloadedSegment;
import io.varve.cluster.PartitionRecords;
import io.varve.observe.Metric;
import io.varve.tier.ObjectStore.StoredObject;
import io.varve.tier.ObjectStoreException.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Deletes objects that nothing references: the only place that deletes any (rule 8). One pass lists the objects, then reads every
 * reference, and then deletes what is
 *
 * <ul>
 *   <li>older than the grace period by the store's own clock, which the pass asks for by writing a marker: no clock of a broker
 *       matters, and
 *   <li>not referenced now, though references were read after the listing, so an object that was listed and then referenced is
 *       seen, and
 *   <li>not referenced in the pass before either, so a reference that moved from a record to another while they were read one
 *       after the other is not missed twice.
 * </ul>
 *
 * <p>An object that is uploaded but not referenced yet is safe as long as it is referenced within the grace period: {@link
 * OffloadSettings#referenceWithin} gives up after half of it. On any doubt (a page or record that cannot be read, no reference
 * anywhere, somebody else's metadata) the pass stops and nothing is deleted. Segments of a page below the log start offset are
 * not references. Run it on one broker, every quarter of the grace period or so; several at once do no harm. Not thread-safe:
 * one pass at a time.
 */
public final class Sweeper {
    /** The default grace period. */
    public static final Duration DEFAULT_GRACE = Duration.ofHours(1);

    private static final Logger LOG = Logger.getLogger(Sweeper.class);
    /** What one pass looks at; more wait for the next. */
    private static final int MAX_SUSPECTS = 100_000;

    private final ObjectStore store;
    private final ObjectNames names;
    private final PartitionRecords records;
    private final RemoteSegments segments;
    private final BooleanSupplier metadataIsOurs;
    private final long graceMillis;
    private final Counter deletedObjects;
    private final Counter deletedBytes;
    private final Counter stoppedPasses;

    /** What the pass before saw: only what is in neither has to be looked at twice. */
    private ReferenceSet lastReferences = new ReferenceSet();

    /** Whether any pass has: only then an empty metadata store means that everything was deleted on purpose. */
    private boolean sawReferences;

    private Map<String, StoredObject> suspects = new HashMap<>();
    private volatile int suspectCount;

    /**
     * @param metadataIsOurs whether the metadata store still holds this cluster's id, asked after the references were read: a
     *     store that was emptied under us references nothing
     */
    public Sweeper(
            ObjectStore store,
            ObjectNames names,
            PartitionRecords records,
            RemoteSegments segments,
            BooleanSupplier metadataIsOurs,
            Duration grace,
            MeterRegistry meters) {
        this.store = store;
        this.names = names;
        this.records = records;
        this.segments = segments;
        this.metadataIsOurs = metadataIsOurs;
        this.graceMillis = grace.toMillis();
        this.deletedObjects = Metric.TIER_SWEEP_DELETED.counter(meters);
        this.deletedBytes = Metric.TIER_SWEEP_DELETED_BYTES.counter(meters);
        this.stoppedPasses = Metric.TIER_SWEEP_STOPPED.counter(meters);
        Metric.TIER_SWEEP_SUSPECTS.gauge(meters, () -> suspectCount);
    }

    /**
     * What a pass did.
     *
     * @param referenced how many objects are
     * @param suspects old unreferenced objects that the next pass may delete
     * @param stopped why it ended early, or null
     */
    public record Result(
            int referenced,
            int suspects,
            int deleted,
            long deletedBytes,
            @Nullable String stopped) {}

    /** One pass. Blocks for as long as listing takes; never throws for what a store or the metadata does. */
    public Result sweep() {
        var pass = new Pass();
        String stopped = null;
        try {
            pass.run();
        } catch (RuntimeException e) {
            stopped = String.valueOf(e.getMessage());
            stoppedPasses.increment();
            LOG.warnf(
                    "The sweeper stopped, it will try again with its next pass: deleted=%d error=%s", pass.deleted, e);
        }
        suspectCount = suspects.size();
        if (pass.deleted > 0) {
            LOG.infof(
                    "Swept: deleted=%d bytes=%d suspects=%d referenced=%d",
                    pass.deleted, pass.bytes, suspects.size(), lastReferences.size());
        }
        return new Result(lastReferences.size(), suspects.size(), pass.deleted, pass.bytes, stopped);
    }

    private final class Pass {
        private int deleted;
        private long bytes;

        void run() {
            List<StoredObject> candidates = oldAndNotReferencedLately(storeTime());
            // Only after the listing: an object that was referenced in between must be seen.
            ReferenceSet references = references();
            if (!candidates.isEmpty()) {
                requireTrust(references);
            }
            var next = new HashMap<String, StoredObject>();
            var doomed = new ArrayList<StoredObject>();
            for (StoredObject candidate : candidates) {
                if (references.contains(candidate.key())) {
                    continue;
                }
                next.put(candidate.key(), candidate);
                if (suspects.containsKey(candidate.key())) {
                    doomed.add(candidate);
                }
            }
            suspects = next;
            lastReferences = references;
            sawReferences |= references.size() > 0;
            doomed.forEach(this::delete);
        }

        private void delete(StoredObject object) {
            store.delete(object.key());
            suspects.remove(object.key());
            deleted++;
            bytes += object.sizeBytes();
            deletedObjects.increment();
            deletedBytes.increment((double) object.sizeBytes());
            LOG.debugf("Deleted: object=%s bytes=%d", object.key(), object.sizeBytes());
        }

        /** What time it is by the store's own clock; clears away markers of passes that broke off. */
        private long storeTime() {
            String marker = names.sweep();
            store.create(marker, new ByteArrayContent(new byte[] {'\n'}));
            var markers = new ArrayList<StoredObject>();
            store.list(ObjectNames.SWEEP, markers::addAll);
            long now = markers.stream()
                    .filter(m -> m.key().equals(marker))
                    .findAny()
                    .orElseThrow(() -> doubt("the store does not list what was just created"))
                    .lastModifiedMillis();
            for (StoredObject old : markers) {
                if (old.key().equals(marker) || old.lastModifiedMillis() < now - graceMillis) {
                    store.delete(old.key());
                }
            }
            return now;
        }

        private List<StoredObject> oldAndNotReferencedLately(long now) {
            var candidates = new ArrayList<StoredObject>();
            for (String prefix : List.of(ObjectNames.DATA, ObjectNames.MANIFEST)) {
                store.list(prefix, page -> {
                    for (StoredObject object : page) {
                        boolean old = object.lastModifiedMillis() < now - graceMillis;
                        if (old && candidates.size() < MAX_SUSPECTS && !lastReferences.contains(object.key())) {
                            candidates.add(object);
                        }
                    }
                });
            }
            return candidates;
        }

        private ReferenceSet references() {
            var references = new ReferenceSet();
            for (PartitionRecords.Versioned versioned : records.all().values()) {
                PartitionRecord record = versioned.record();
                record.offloaded().forEach(segment -> references.add(segment.object()));
                for (ManifestPage page : record.pages()) {
                    references.add(page.object());
                    addWanted(references, page, record.logStartOffset());
                }
            }
            return references;
        }

        private void addWanted(ReferenceSet references, ManifestPage page, long logStartOffset) {
            if (page.endOffset() <= logStartOffset) {
                return; // all of it was given up; the page itself may be gone too
            }
            for (OffloadedSegment segment : segments.page(page)) {
                if (segment.endOffset() > logStartOffset) {
                    references.add(segment.object());
                }
            }
        }

        private void requireTrust(ReferenceSet references) {
            if (!metadataIsOurs.getAsBoolean()) {
                throw doubt("the metadata store or the object store is not this cluster's any more");
            }
            if (references.size() == 0 && !sawReferences) {
                throw doubt("nothing references any object, which is also what lost metadata looks like");
            }
        }

        private ObjectStoreException doubt(String why) {
            return new ObjectStoreException(Kind.REFUSED, "Nothing is deleted on doubt: " + why, null);
        }
    }
}
