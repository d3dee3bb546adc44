package io.varve.tier;

import io.micrometer.core.instrument.MeterRegistry;
import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord.OffloadedSegment;
import io.varve.tier.OffloadBacklog.Work;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.utils.Time;
import org.jboss.logging.Logger;

/**
 * Moves sealed segments to the object store: packs those that are sealed around the same time into one object, whatever their
 * partitions, uploads a few objects at a time, and tells every segment where it is once the store has confirmed it.
 *
 * <p>Retries for ever, with exponential backoff and full jitter, and every attempt has a name of its own, so an attempt whose outcome
 * is unknown can at worst leave an orphan for the sweeper (rule 7). While the store fails, one upload at a time asks how it is.
 * A segment that cannot be read from the local disk is left out and tried again by itself. An object is not referenced any
 * more once its upload began too long ago (rule 8: the sweeper may be at it): it is uploaded again. Segments of a partition may
 * finish in any order.
 *
 * <p>Threads are never interrupted, since an interrupt closes the file that is just being read. Thread-safe.
 */
public final class Offloader implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(Offloader.class);

    private final ObjectStore store;
    private final ObjectNames names;
    private final OffloadSettings settings;
    private final Time time;
    private final ThreadFactory threads;
    private final OffloadQueue queue;
    private final OffloadMetrics metrics;
    private final OffloadHealth uploads;
    private final OffloadHealth reads;
    private final OffloadHealth references;
    private final List<Thread> workers = new ArrayList<>();

    /**
     * @param random for jitter
     * @param threads makes the workers; virtual ones do
     */
    public Offloader(
            ObjectStore store,
            ObjectNames names,
            OffloadSettings settings,
            Time time,
            RandomGenerator random,
            ThreadFactory threads,
            MeterRegistry meters) {
        this.store = store;
        this.names = names;
        this.settings = settings;
        this.time = time;
        this.threads = threads;
        this.queue = new OffloadQueue(settings, time, random);
        this.metrics = new OffloadMetrics(meters, queue);
        this.uploads = new OffloadHealth("Uploads to the object store", settings.problemAfter(), time);
        this.reads = new OffloadHealth("Reads of sealed segments from the local disk", settings.problemAfter(), time);
        this.references =
                new OffloadHealth("Writes of uploaded segments to the metadata store", settings.problemAfter(), time);
    }

    /** What is not in the object store and referenced yet. */
    public record Progress(int segments, long bytes) {
        public boolean isDone() {
            return segments == 0;
        }
    }

    /** Starts the workers. Call once. */
    public synchronized void start() {
        for (int i = 0; i < settings.parallelUploads(); i++) {
            Thread worker = threads.newThread(this::work);
            workers.add(worker);
            worker.start();
        }
    }

    /** Takes a segment on; one that is already on its way is left alone. Never blocks. */
    public void submit(Offloadable segment) {
        queue.submit(segment);
    }

    /** Forgets the segments of a partition that is deleted or another broker's now; one that is just being uploaded finishes. */
    public void withdraw(PartitionId partition) {
        queue.withdraw(partition);
    }

    /** What is left to do. */
    public Progress progress() {
        return queue.progress();
    }

    /** A sentence for health when uploading has failed for a while. */
    public Optional<String> problem() {
        return uploads.problem()
                .or(references::problem)
                .or(reads::problem)
                .map(sentence -> sentence + " (" + left() + " only on local disks)");
    }

    private String left() {
        Progress left = progress();
        return left.segments() + " segments, " + left.bytes() + " bytes,";
    }

    /**
     * Uploads everything now, without waiting for company: for a planned stop. Blocks until nothing is left or {@code bound} has
     * passed.
     *
     * @param listener hears what is left, whenever that changes
     * @return what is left
     */
    public Progress drain(Duration bound, Consumer<Progress> listener) throws InterruptedException {
        long deadline = time.milliseconds() + bound.toMillis();
        Progress left = progress();
        listener.accept(left);
        queue.draining(true);
        try {
            while (!left.isDone() && time.milliseconds() < deadline) {
                queue.awaitProgress(left, deadline);
                Progress now = progress();
                if (!now.equals(left)) {
                    listener.accept(now);
                }
                left = now;
            }
            return left;
        } finally {
            queue.draining(false);
        }
    }

    private void work() {
        try {
            Work work;
            while ((work = queue.take()) != null) {
                switch (work) {
                    case Work.Upload upload -> upload(upload.entries());
                    case Work.Reference reference -> reference(reference.entry(), reference.uploaded());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void upload(List<OffloadEntry> pack) {
        DataObject object;
        try {
            object = DataObjectWriter.plan(pack.stream().map(e -> e.segment).toList());
        } catch (SegmentUnreadableException e) {
            unreadable(pack, e);
            return;
        } catch (RuntimeException | Error e) {
            failed(pack, e);
            return;
        }
        String key = names.data();
        long started = time.nanoseconds();
        try {
            store.create(key, object);
        } catch (RuntimeException | Error e) {
            SegmentUnreadableException unreadable = object.unreadable();
            if (unreadable != null) {
                unreadable(pack, unreadable);
            } else {
                failed(pack, e);
            }
            return;
        }
        metrics.uploaded(object.length(), time.nanoseconds() - started);
        if (uploads.succeeded()) {
            LOG.infof("Uploads to the object store work again: object=%s", key);
        }
        LOG.debugf("Uploaded: object=%s segments=%d bytes=%d", key, pack.size(), object.length());
        queue.uploaded(pack, object.references(key), started);
    }

    private void failed(List<OffloadEntry> pack, Throwable e) {
        metrics.failed("store");
        uploads.failed(e);
        int failures = queue.storeFailed(pack);
        if (isWorthALine(failures)) {
            LOG.warnf("Upload failed, will be tried again: segments=%d failures=%d error=%s", pack.size(), failures, e);
        }
    }

    private void unreadable(List<OffloadEntry> pack, SegmentUnreadableException e) {
        if (e.segment().isWanted()) {
            metrics.failed("disk");
            reads.failed(e);
            LOG.warnf("A sealed segment cannot be read, will be tried again; check the disk: error=%s", e.getMessage());
        }
        queue.unreadable(pack, e.segment());
    }

    private void reference(OffloadEntry entry, OffloadEntry.Uploaded uploaded) {
        OffloadedSegment reference = uploaded.reference();
        try {
            boolean wanted = entry.segment.offloaded(reference, () -> requireInTime(uploaded));
            references.succeeded();
            queue.done(entry);
            if (!queue.hasUnreadable()) {
                reads.succeeded();
            }
            if (!wanted) {
                LOG.debugf(
                        "Uploaded but not wanted any more: partition=%s offset=%d object=%s",
                        entry.segment.partition(), reference.baseOffset(), reference.object());
            }
        } catch (RuntimeException | Error e) {
            metrics.failed("metadata");
            references.failed(e);
            int failures = queue.referenceFailed(entry);
            if (isWorthALine(failures)) {
                LOG.warnf(
                        "An uploaded segment is not referenced yet, will be tried again: partition=%s offset=%d error=%s",
                        entry.segment.partition(), reference.baseOffset(), e);
            }
        }
    }

    /** The metadata store may have been away since this was looked at. */
    private void requireInTime(OffloadEntry.Uploaded uploaded) {
        if (!uploaded.isInTime(time.nanoseconds(), settings.referenceWithin())) {
            throw new ObjectStoreException(
                    ObjectStoreException.Kind.REFUSED,
                    "object " + uploaded.reference().object()
                            + " was uploaded too long ago to be referenced, another will be",
                    null);
        }
    }

    /** The first, and then fewer and fewer. */
    private static boolean isWorthALine(int failures) {
        return Integer.bitCount(failures) == 1;
    }

    /** Lets the workers end after what each is just doing; does not wait for them. What is left stays on the local disk. */
    @Override
    public void close() {
        queue.close();
    }
}
