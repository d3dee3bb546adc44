package io.varve.log;

import io.varve.cluster.PartitionId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * Brings a segment that was open when the broker died back to a known state: from its last checkpoint on, every batch is checked,
 * and the file is cut after the last good one. What is cut was never acknowledged, since the journal has been replayed before.
 */
final class SegmentRecovery {
    /** Of a segment that does not say when it was begun: none that is now. */
    private static final Uuid UNKNOWN_BOOT = Uuid.ZERO_UUID;

    /** How much is written once more at a time. */
    private static final int REWRITTEN_BYTES = 1 << 20;

    private final OpenFiles files;
    private final Uuid boot;
    private final int indexInterval;

    /** @param boot that the machine is in now */
    SegmentRecovery(OpenFiles files, Uuid boot, int indexInterval) {
        this.files = files;
        this.boot = boot;
        this.indexInterval = indexInterval;
    }

    /** The recovered segment, and the producers as of its end. */
    record Recovered(LocalSegment segment, ProducerStates producers) {}

    /** @param onDisk how many bytes a checkpoint has synced */
    private record Scanned(Recovered recovered, int onDisk) {}

    /**
     * Recovers the segment at {@code path}; a missing file counts as an empty one.
     *
     * @param limit where it ends at the latest; a copy may have more than what was sealed
     * @param before the producer states as of the segment's start, asked for when its own state does not have them
     */
    Recovered recover(
            PartitionId partition, long baseOffset, int epoch, Path path, long limit, Supplier<byte[]> before) {
        try {
            Files.createDirectories(path.getParent());
            try (FileChannel channel = FileChannel.open(
                    path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                Scanned scanned = scanned(channel, partition, baseOffset, epoch, path, limit, before);
                Recovered recovered = scanned.recovered();
                channel.truncate(recovered.segment().size());
                rewrite(channel, scanned.onDisk(), recovered.segment().size());
                sync(channel, path);
                recovered.segment().foundSynced();
                return recovered;
            }
        } catch (IOException e) {
            throw new LogException("cannot recover " + path, e);
        }
    }

    /**
     * An earlier life may have died of a sync that failed. After such a one the kernel still shows what was written and never writes it again, whoever asks
     * for a sync (rule 9): unless it is written once more.
     */
    private static void rewrite(FileChannel channel, int from, int to) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(Math.min(REWRITTEN_BYTES, to - from));
        for (int position = from; position < to; position += bytes.limit()) {
            bytes.clear().limit(Math.min(bytes.capacity(), to - position));
            Channels.readFully(channel, position, bytes);
            Channels.writeFully(channel, position, bytes.rewind());
        }
    }

    private static void sync(FileChannel channel, Path path) {
        try {
            channel.force(true);
        } catch (IOException e) {
            throw new UnsyncedException(path, e);
        }
    }

    /** As {@link #recover} would find it; changes nothing. The file must exist. */
    LocalSegment readable(
            PartitionId partition, long baseOffset, int epoch, Path path, long limit, Supplier<byte[]> before) {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            return scanned(channel, partition, baseOffset, epoch, path, limit, before)
                    .recovered()
                    .segment();
        } catch (IOException e) {
            throw new LogException("cannot read " + path, e);
        }
    }

    private Scanned scanned(
            FileChannel channel,
            PartitionId partition,
            long baseOffset,
            int epoch,
            Path path,
            long limit,
            Supplier<byte[]> before)
            throws IOException {
        SegmentIndex index = null;
        SegmentState start = readState(path, epoch);
        if (start != null
                && start.isReliable(boot)
                && start.position() <= channel.size()
                && start.endOffset() <= limit) {
            index = readIndex(path, start);
        }
        if (start == null || index == null) {
            start = SegmentState.start(epoch, boot(start), baseOffset, before.get());
            index = new SegmentIndex();
        }
        ProducerStates producers = ProducerStates.decode(ByteBuffer.wrap(start.producers()));
        LocalSegment segment = new LocalSegment(partition, baseOffset, path, files, indexInterval, start, index);
        scan(channel, segment, producers, epoch, limit);
        int onDisk = start.syncedEnd() == start.endOffset() ? start.position() : 0;
        return new Scanned(new Recovered(segment, producers), onDisk);
    }

    private static Uuid boot(@Nullable SegmentState state) {
        return state == null ? UNKNOWN_BOOT : state.boot();
    }

    private static void scan(FileChannel channel, LocalSegment segment, ProducerStates producers, int epoch, long limit)
            throws IOException {
        ByteBuffer header = ByteBuffer.allocate(Batch.HEADER_BYTES);
        long fileSize = channel.size();
        while (true) {
            int position = segment.size();
            Channels.readUpTo(channel, position, header.clear());
            if (header.hasRemaining()) {
                return;
            }
            long size = header.getInt(Batch.LENGTH) + (long) Batch.LOG_OVERHEAD;
            if (size < Batch.HEADER_BYTES || size > fileSize - position) {
                return;
            }
            ByteBuffer bytes = ByteBuffer.allocate((int) size);
            Channels.readFully(channel, position, bytes);
            Batch batch = new Batch(bytes, 0);
            if (batch.magic() != Batch.MAGIC_V2
                    || batch.baseOffset() != segment.endOffset()
                    || batch.endOffset() > limit
                    || batch.leaderEpoch() != epoch
                    || !batch.isChecksumValid()) {
                return;
            }
            segment.track(batch, position);
            if (batch.hasProducerId()) {
                producers.appended(batch);
            }
        }
    }

    /** The offset up to which the segment was on the disk once, as far as its checkpoint knows. */
    long syncedEnd(long baseOffset, int epoch, Path path) {
        try {
            SegmentState state = readState(path, epoch);
            return state == null ? baseOffset : state.syncedEnd();
        } catch (IOException e) {
            throw new LogException("cannot read the checkpoint of " + path, e);
        }
    }

    /** The epoch of the segment whose state is beside {@code path}; -1 when there is none. */
    static int epochOf(Path path) {
        try {
            SegmentState state = readState(path);
            return state == null ? -1 : state.epoch();
        } catch (IOException e) {
            throw new LogException("cannot read the state of " + path, e);
        }
    }

    private static @Nullable SegmentState readState(Path path, int epoch) throws IOException {
        SegmentState state = readState(path);
        return state != null && state.epoch() == epoch ? state : null;
    }

    private static @Nullable SegmentState readState(Path path) throws IOException {
        Path file = SegmentFiles.stateOf(path);
        return Files.exists(file) ? SegmentState.decode(ByteBuffer.wrap(Files.readAllBytes(file))) : null;
    }

    private static @Nullable SegmentIndex readIndex(Path path, SegmentState state) throws IOException {
        Path file = SegmentFiles.indexOf(path);
        int bytes = state.indexEntries() * SegmentIndex.ENTRY_BYTES;
        if (bytes == 0) {
            return new SegmentIndex();
        }
        if (!Files.exists(file) || Files.size(file) < bytes) {
            return null;
        }
        try {
            SegmentIndex index = SegmentIndex.decode(ByteBuffer.wrap(Files.readAllBytes(file), 0, bytes));
            return index.checksum() == state.indexChecksum() && index.lastPosition() < state.position() ? index : null;
        } catch (IllegalArgumentException damaged) {
            return null;
        }
    }

    /**
     * Opens a segment that is known to be sealed; null when its files are not what the record says, or may not be since the machine was
     * restarted (rule 3: a copy that is not whole must not be the one that is uploaded).
     */
    @Nullable
    LocalSegment openSealed(PartitionId partition, long baseOffset, Path path, long sizeBytes, long endOffset)
            throws IOException {
        if (!Files.exists(path) || Files.size(path) < sizeBytes) {
            return null;
        }
        SegmentState state = readState(path);
        if (state == null
                || !state.isReliable(boot)
                || state.position() != sizeBytes
                || state.endOffset() != endOffset
                || readIndex(path, state) == null) {
            return null;
        }
        return new LocalSegment(partition, baseOffset, path, files, indexInterval, state, null);
    }
}
