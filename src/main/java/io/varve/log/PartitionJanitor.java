package io.varve.log;

import io.varve.cluster.PartitionRecord;
import io.varve.cluster.PartitionRecord.ManifestPage;
import io.varve.cluster.PartitionRecord.OffloadedSegment;
import io.varve.cluster.PartitionRecord.SealedSegment;
import io.varve.tier.ManifestPages;
import io.varve.tier.RemoteSegments;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.utils.Time;

/** Keeps a partition within its bounds: time-based rolling, retention, local copies. Blocks; runs on the maintenance thread. */
final class PartitionJanitor {
    private static final long PATIENCE_MILLIS = 5_000;

    private final RemoteSegments remote;
    private final ManifestPages pages;
    private final DiskSpace disk;
    private final Time time;
    private final long producerExpirationMillis;

    PartitionJanitor(
            RemoteSegments remote, ManifestPages pages, DiskSpace disk, Time time, long producerExpirationMillis) {
        this.remote = remote;
        this.pages = pages;
        this.disk = disk;
        this.time = time;
        this.producerExpirationMillis = producerExpirationMillis;
    }

    /** Does what is due for {@code partition}. */
    void tidy(Partition partition) {
        partition.requireAvailable();
        partition.expireProducers(producerExpirationMillis);
        PartitionRecord record = partition.metadata().record();
        if (record != null) {
            retain(partition, record);
            // Of some, another broker was the uploader, and is gone.
            partition.locals().submitSealed();
            dropLocalCopies(partition);
            moveToPages(partition);
        }
        // Last: on a full disk it fails, and what makes room must have been done before.
        partition.rollIfDue();
    }

    /** Keeps the record small: its oldest references move to a manifest page. */
    private void moveToPages(Partition partition) {
        PartitionRecord record = partition.metadata().record();
        if (record != null) {
            pages.prepare(partition.id(), record)
                    .ifPresent(change -> partition
                            .metadata()
                            .change(current -> current == null ? null : change.apply(current), PATIENCE_MILLIS));
        }
    }

    private void retain(Partition partition, PartitionRecord record) {
        long start = Retention.newStart(
                new SealedSegments(record),
                totalBytes(partition, record),
                record.logStartOffset(),
                partition.config(),
                time.milliseconds());
        if (start > record.logStartOffset()) {
            partition.startAt(start, PATIENCE_MILLIS);
        }
    }

    private static long totalBytes(Partition partition, PartitionRecord record) {
        long bytes = record.offloadedBytes();
        for (SealedSegment segment : record.sealed()) {
            bytes += segment.sizeBytes();
        }
        for (LocalSegment segment :
                partition.locals().byBaseOffset().tailMap(record.endOffset()).values()) {
            bytes += segment.size();
        }
        return bytes;
    }

    private void dropLocalCopies(Partition partition) {
        PartitionRecord record = partition.metadata().record();
        if (record == null) {
            return;
        }
        Set<Long> onlyLocal = new HashSet<>();
        for (SealedSegment segment : record.sealed()) {
            onlyLocal.add(segment.baseOffset());
        }
        List<Retention.Segment> copies = new ArrayList<>();
        for (LocalSegment local :
                partition.locals().byBaseOffset().headMap(record.endOffset()).values()) {
            if (!onlyLocal.contains(local.baseOffset())) {
                copies.add(new Retention.Segment(
                        local.baseOffset(), local.endOffset(), local.size(), local.maxTimestamp()));
            }
        }
        boolean urgent = disk.level() != DiskSpace.Level.ENOUGH;
        for (Retention.Segment copy : Retention.droppableCopies(
                copies, partition.localBytes(), partition.config(), time.milliseconds(), urgent)) {
            LocalSegment local = partition.locals().get(copy.baseOffset());
            if (local != null) {
                partition.locals().drop(local);
            }
        }
    }

    /** The sealed segments of a record, oldest first; pages are read when they are reached. */
    private final class SealedSegments implements Iterator<Retention.Segment> {
        private final Iterator<ManifestPage> pages;
        private final Iterator<Retention.Segment> inline;
        private Iterator<OffloadedSegment> paged = List.<OffloadedSegment>of().iterator();

        SealedSegments(PartitionRecord record) {
            pages = record.pages().iterator();
            List<Retention.Segment> segments = new ArrayList<>();
            record.offloaded().forEach(segment -> segments.add(view(segment)));
            record.sealed()
                    .forEach(segment -> segments.add(new Retention.Segment(
                            segment.baseOffset(), segment.endOffset(), segment.sizeBytes(), segment.maxTimestamp())));
            segments.sort(Comparator.comparingLong(Retention.Segment::baseOffset));
            inline = segments.iterator();
        }

        private static Retention.Segment view(OffloadedSegment segment) {
            return new Retention.Segment(
                    segment.baseOffset(), segment.endOffset(), segment.sizeBytes(), segment.maxTimestamp());
        }

        @Override
        public boolean hasNext() {
            return paged.hasNext() || pages.hasNext() || inline.hasNext();
        }

        @Override
        public Retention.Segment next() {
            while (!paged.hasNext() && pages.hasNext()) {
                paged = remote.page(pages.next()).iterator();
            }
            return paged.hasNext() ? view(paged.next()) : inline.next();
        }
    }
}
