package io.varve.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord.Member;
import io.varve.cluster.PartitionRecord.SealedSegment;
import java.io.IOException;
import java.lang.ref.SoftReference;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.Uuid;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A segment on the local disk. While it is open, one thread at a time appends to it (under its partition's lock) and others read
 * what is before the high watermark; once sealed it never changes. Thread-safe for reading.
 */
final class LocalSegment implements SegmentSource {
    private static final Logger LOGGER = Logger.getLogger(LocalSegment.class);

    /** How many bytes lie between two index entries at least ({@code index.interval.bytes}). */
    private final int indexInterval;

    private final PartitionId partition;
    private final long baseOffset;
    private final int epoch;
    private final Uuid boot;
    private final Path path;
    private final OpenFiles files;
    private final FileLife life;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private @Nullable SegmentIndex openIndex;

    @GuardedBy("lock")
    private int storedEntries;

    /** As of the last checkpoint. */
    @GuardedBy("lock")
    private long syncedEnd;

    @GuardedBy("lock")
    private byte[] finalProducers;

    private SoftReference<@Nullable ByteBuffer> sealedIndex = new SoftReference<>(null);
    private volatile int size;
    private volatile long endOffset;
    private volatile long maxTimestamp;

    /**
     * A segment whose file is there.
     *
     * @param index of an open segment; null for a sealed one, which has its index in a file
     */
    LocalSegment(
            PartitionId partition,
            long baseOffset,
            Path path,
            OpenFiles files,
            int indexInterval,
            SegmentState state,
            @Nullable SegmentIndex index) {
        this.partition = partition;
        this.baseOffset = baseOffset;
        this.epoch = state.epoch();
        this.boot = state.boot();
        this.path = path;
        this.files = files;
        this.life = files.life(path);
        this.indexInterval = indexInterval;
        this.size = state.position();
        this.endOffset = state.endOffset();
        this.maxTimestamp = state.maxTimestamp();
        this.openIndex = index;
        this.finalProducers = state.producers();
        this.syncedEnd = state.syncedEnd();
    }

    /**
     * Creates an empty, open segment; what an earlier attempt left under its name is removed.
     *
     * @param start its state: offset, epoch, boot and the producers as of its start
     * @param isCopied whether other brokers have copies: then its boot must be known, see {@link Boot}
     */
    static LocalSegment create(
            PartitionId partition,
            SegmentState start,
            boolean isCopied,
            Path path,
            OpenFiles files,
            int indexInterval) {
        try {
            Files.createDirectories(path.getParent());
            files.delete(path);
            files.create(path).close();
            writeStart(path, start, isCopied);
        } catch (IOException e) {
            throw new LogException("cannot create " + path, e);
        }
        return new LocalSegment(partition, start.endOffset(), path, files, indexInterval, start, new SegmentIndex());
    }

    /**
     * Begins a segment in the file of one in which nothing was appended.
     *
     * @param start of the same offset and a higher epoch
     */
    static LocalSegment inPlaceOfEmpty(LocalSegment empty, SegmentState start, boolean isCopied) {
        try {
            var _ = empty.files.renew(empty.path);
            writeStart(empty.path, start, isCopied);
        } catch (IOException e) {
            throw new LogException("cannot begin " + empty.path + " anew", e);
        }
        return new LocalSegment(
                empty.partition,
                empty.baseOffset,
                empty.path,
                empty.files,
                empty.indexInterval,
                start,
                new SegmentIndex());
    }

    /** What is there is written over and not removed first: on a full disk it stays, and with it the boot without which a copy is not relied on. */
    private static void writeStart(Path path, SegmentState start, boolean isCopied) throws IOException {
        if (isCopied || start.producers().length > 0) {
            write(SegmentFiles.stateOf(path), 0, start.encode());
        } else {
            Files.deleteIfExists(SegmentFiles.stateOf(path));
        }
    }

    /** Appends a batch that has its place; returns its position. On failure the segment is as before. */
    int append(ByteBuffer records) {
        int position = size;
        Batch batch = new Batch(records, records.position());
        try (OpenFiles.Handle handle = files.acquire(path, life)) {
            Channels.writeFully(handle.channel(), position, records.duplicate());
        } catch (IOException e) {
            throw new LogException("cannot append to " + path, e);
        }
        track(batch, position);
        return position;
    }

    /** Takes note of a batch that lies at {@code position}. */
    void track(Batch batch, int position) {
        lock.lock();
        try {
            SegmentIndex index = openIndex();
            if (position - index.lastPosition() >= indexInterval) {
                index.add((int) (batch.baseOffset() - baseOffset), position, maxTimestamp);
            }
        } finally {
            lock.unlock();
        }
        maxTimestamp = Math.max(maxTimestamp, batch.maxTimestamp());
        endOffset = batch.endOffset();
        size = position + batch.sizeInBytes();
    }

    @GuardedBy("lock")
    private SegmentIndex openIndex() {
        if (openIndex == null) {
            throw new IllegalStateException("segment " + path + " is sealed");
        }
        return openIndex;
    }

    /** What a checkpoint has to write: taken under the partition's lock, written without it. */
    record Captured(SegmentState state, ByteBuffer newIndexEntries, int firstNewEntry) {
        private Captured synced() {
            return new Captured(state.synced(), newIndexEntries, firstNewEntry);
        }
    }

    /** Makes the segment durable up to where it is now, and notes in its state where a scan may start after a crash. */
    void checkpoint(Captured captured) throws IOException {
        sync();
        lock.lock();
        try {
            // A segment that was sealed meanwhile has its final index and state already.
            if (openIndex != null) {
                store(captured.synced());
            }
        } catch (IOException e) {
            // Costs a longer scan at the next start, no data: the segment itself is synced.
            LOGGER.warnf(
                    "cannot write a checkpoint, will try again at the next. segment=%s cause=%s", path, e.getMessage());
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void store(Captured captured) throws IOException {
        life.whileItLasts(() -> {
            write(
                    SegmentFiles.indexOf(path),
                    captured.firstNewEntry() * SegmentIndex.ENTRY_BYTES,
                    captured.newIndexEntries());
            write(SegmentFiles.stateOf(path), 0, captured.state().encode());
        });
        storedEntries = captured.state().indexEntries();
        syncedEnd = captured.state().syncedEnd();
    }

    /** What a checkpoint of this moment has to write. Called under the partition's lock. */
    Captured capture(byte[] producers) {
        lock.lock();
        try {
            SegmentIndex index = openIndex();
            return new Captured(
                    new SegmentState(
                            epoch,
                            boot,
                            size,
                            endOffset,
                            syncedEnd,
                            maxTimestamp,
                            index.size(),
                            index.checksum(),
                            producers),
                    index.encode(storedEntries, index.size()),
                    storedEntries);
        } finally {
            lock.unlock();
        }
    }

    /** Writes index and state for good; after this the segment never changes. */
    void seal(byte[] producers) {
        lock.lock();
        try {
            store(capture(producers));
            finalProducers = producers;
            openIndex = null;
        } catch (IOException e) {
            throw new LogException("cannot seal " + path, e);
        } finally {
            lock.unlock();
        }
    }

    /** All of it has just been put on disk by whoever found it there. */
    void foundSynced() {
        lock.lock();
        try {
            syncedEnd = endOffset;
        } finally {
            lock.unlock();
        }
    }

    /** Puts the segment's bytes on disk. */
    void sync() throws IOException {
        if (life.isOver()) {
            return;
        }
        try (OpenFiles.Handle handle = files.acquire(path, life)) {
            handle.channel().force(false);
        } catch (LogException | IOException e) {
            // A file that is gone on purpose needs no sync, and must not take the disk out of service.
            if (!life.isOver()) {
                throw e;
            }
        }
    }

    /** Puts the names of the file and of its directory on disk, so that a crash cannot take the file as a whole away. */
    void syncName() {
        try {
            Channels.syncName(path);
            Channels.syncName(Objects.requireNonNull(path.toAbsolutePath().getParent()));
        } catch (IOException e) {
            if (!life.isOver()) {
                throw new LogException("cannot sync the directory of " + path, e);
            }
        }
    }

    private static void write(Path file, int position, ByteBuffer bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            int length = bytes.remaining();
            Channels.writeFully(channel, position, bytes);
            channel.truncate((long) position + length);
        }
    }

    /** Removes the files; readers under way finish. */
    void delete() {
        files.delete(path, life);
    }

    boolean isDeleted() {
        return life.isOver();
    }

    /** A part of the file for reading; close it when done. */
    FileSlice slice(int position, int length) {
        OpenFiles.Handle handle = files.acquire(path, life);
        return new FileSlice(handle.channel(), position, length, handle::close);
    }

    @Override
    public void read(int position, ByteBuffer into) {
        try (OpenFiles.Handle handle = files.acquire(path, life)) {
            Channels.readUpTo(handle.channel(), position, into);
        } catch (IOException e) {
            throw new LogException("cannot read " + path, e);
        }
    }

    @Override
    public int indexedPosition(long offset) {
        int relative = (int) (offset - baseOffset);
        lock.lock();
        try {
            return openIndex != null
                    ? openIndex.positionOfOffset(relative)
                    : SegmentIndex.searchOffset(storedIndex(), relative);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int indexedPositionBefore(long timestamp) {
        lock.lock();
        try {
            return openIndex != null
                    ? openIndex.positionBeforeTimestamp(timestamp)
                    : SegmentIndex.searchTimestamp(storedIndex(), timestamp);
        } finally {
            lock.unlock();
        }
    }

    /** The largest timestamp of the batches before {@code limit} bytes, or -1. */
    long maxTimestampBefore(int limit) {
        if (limit >= size) {
            return maxTimestamp;
        }
        SegmentIndex.Prefix known;
        lock.lock();
        try {
            SegmentIndex index = openIndex != null ? openIndex : SegmentIndex.decode(storedIndex());
            known = index.prefixOf(limit);
        } finally {
            lock.unlock();
        }
        return SegmentSearch.maxTimestamp(this, known, limit);
    }

    /** The index block as it is stored; the segment must be sealed. */
    ByteBuffer storedIndex() {
        ByteBuffer stored = sealedIndex.get();
        if (stored == null) {
            try {
                Path file = SegmentFiles.indexOf(path);
                stored = ByteBuffer.wrap(Files.exists(file) ? Files.readAllBytes(file) : new byte[0]);
            } catch (IOException e) {
                throw new LogException("cannot read the index of " + path, e);
            }
            sealedIndex = new SoftReference<>(stored);
        }
        return stored.duplicate();
    }

    /** The producer states as of the end; the segment must be sealed. */
    byte[] producers() {
        lock.lock();
        try {
            return finalProducers;
        } finally {
            lock.unlock();
        }
    }

    /** What the partition record says of this segment once it is sealed. */
    SealedSegment describe(List<Member> ensemble) {
        return new SealedSegment(baseOffset, endOffset, epoch, size, maxTimestamp, ensemble);
    }

    PartitionId partition() {
        return partition;
    }

    @Override
    public long baseOffset() {
        return baseOffset;
    }

    int epoch() {
        return epoch;
    }

    /** The machine's boot in which it was begun. */
    Uuid boot() {
        return boot;
    }

    @Override
    public int size() {
        return size;
    }

    long endOffset() {
        return endOffset;
    }

    /** The largest timestamp in milliseconds, or -1. */
    long maxTimestamp() {
        return maxTimestamp;
    }

    Path path() {
        return path;
    }
}
