package io.varve.log;

import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord;
import io.varve.cluster.PartitionRecord.OpenSegment;
import io.varve.cluster.PartitionRecord.SealedSegment;
import io.varve.cluster.PartitionRecords.Versioned;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Brings the journal's batches into the segment files, at start and before anything else looks at them. Only segments that the
 * partition records still name as open or sealed under the same epoch are written to: nothing obsolete is brought back.
 */
final class JournalRecovery {
    private static final Logger LOG = Logger.getLogger(JournalRecovery.class);

    private final Path directory;
    private final SegmentFiles files;
    private final OpenFiles openFiles;
    private final Map<PartitionId, Versioned> records;
    private final Map<Path, Long> ends = new HashMap<>();
    private long entries;

    JournalRecovery(Path directory, SegmentFiles files, OpenFiles openFiles, Map<PartitionId, Versioned> records) {
        this.directory = directory;
        this.files = files;
        this.openFiles = openFiles;
        this.records = records;
    }

    /**
     * What the journal held.
     *
     * @param sequence the highest file sequence found
     * @param ends the end offset up to which the journal has each segment file: the file must reach at least as far
     */
    record Replayed(long sequence, Map<Path, Long> ends) {}

    /** Replays all. */
    Replayed run() {
        long sequence = JournalReplay.replay(directory, this::apply);
        for (Path path : ends.keySet()) {
            try (OpenFiles.Handle handle = openFiles.acquire(path)) {
                handle.channel().force(true);
            } catch (IOException e) {
                throw new LogException("cannot sync " + path, e);
            }
        }
        LOG.infof("journal replayed. entries=%d segments=%d", entries, ends.size());
        return new Replayed(sequence, Map.copyOf(ends));
    }

    private void apply(JournalEntry.Header header, ByteBuffer batch) {
        Versioned versioned = records.get(header.partition());
        if (versioned == null || !isWanted(versioned.record(), header)) {
            return;
        }
        Path path = files.log(header.partition(), header.segmentBaseOffset());
        long endOffset = new Batch(batch, batch.position()).endOffset();
        try {
            boolean seen = ends.containsKey(path);
            if (!seen) {
                createIfMissing(path);
            }
            try (OpenFiles.Handle handle = openFiles.acquire(path)) {
                if (seen && header.position() == 0) {
                    // Begun once more: what came before is of a segment that no record named when the broker died, so
                    // that the next one got its offset and its epoch. Nothing of it was acknowledged.
                    handle.channel().truncate(0);
                    ends.remove(path);
                }
                Channels.writeFully(handle.channel(), header.position(), batch);
            }
            ends.merge(path, endOffset, Math::max);
            entries++;
        } catch (IOException e) {
            throw new LogException("cannot replay the journal into " + path, e);
        }
    }

    private static void createIfMissing(Path path) throws IOException {
        Path parent = path.getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE)
                .close();
    }

    private static boolean isWanted(PartitionRecord record, JournalEntry.Header header) {
        OpenSegment open = record.open();
        if (open != null && open.baseOffset() == header.segmentBaseOffset()) {
            return open.epoch() == header.leaderEpoch();
        }
        SealedSegment sealed = sealedAt(record, header.segmentBaseOffset());
        return sealed != null && sealed.epoch() == header.leaderEpoch();
    }

    private static @Nullable SealedSegment sealedAt(PartitionRecord record, long baseOffset) {
        for (SealedSegment segment : record.sealed()) {
            if (segment.baseOffset() == baseOffset) {
                return segment;
            }
        }
        return null;
    }
}
