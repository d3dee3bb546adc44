package io.varve.tier;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tells who reads a segment from front to back, and what such a reader will want next. Readers have no names, so they are
 * told apart by where they are: a read that begins within what another one read, or a chunk after it, goes on with it. The
 * distance read ahead starts at two chunks and doubles whenever the reader has gone on to another chunk. Remembers a bounded number of
 * readers. Thread-safe.
 */
final class ReadAhead {
    private static final int MAX_SEGMENTS = 1_024;
    private static final int MAX_READERS = 16;

    /** Bytes of the segment that are worth loading, cut at chunks. */
    record Range(long from, long to) {}

    private static final class Reader {
        long start;
        long end;
        long ahead;
        long window;
    }

    private final int chunkBytes;
    private final long maxWindow;

    @GuardedBy("this")
    private final Map<ChunkKey, List<Reader>> segments = new LinkedHashMap<>(16, 0.75f, true);

    /** @param maxBytes the furthest to read ahead; 0 for not at all */
    ReadAhead(int chunkBytes, long maxBytes) {
        this.chunkBytes = chunkBytes;
        this.maxWindow = maxBytes / chunkBytes * chunkBytes;
    }

    /**
     * Notes a read.
     *
     * @param segment any name of the segment
     * @return what to load now, or null when nothing is worth it
     */
    synchronized @Nullable Range onRead(ChunkKey segment, long segmentBytes, long position, int length) {
        List<Reader> readers = segments.computeIfAbsent(segment, s -> new ArrayList<>());
        if (segments.size() > MAX_SEGMENTS) {
            segments.remove(segments.keySet().iterator().next());
        }
        long end = position + length;
        Reader reader = find(readers, position);
        if (reader == null) {
            reader = begin(readers, position);
        } else if (end > reader.end && position > reader.start && chunkAfter(end) > chunkAfter(reader.end)) {
            reader.window = Math.min(maxWindow, Math.max(2L * chunkBytes, 2 * reader.window));
        }
        reader.start = position;
        reader.end = Math.max(reader.end, end);
        long loaded = Math.max(reader.ahead, chunkAfter(end));
        long target = Math.min(chunkAfter(end) + reader.window, segmentBytes);
        // Not chunk by chunk: once half of what was read ahead is used up, so that requests stay large.
        boolean enough = loaded - chunkAfter(end) > reader.window / 2;
        if (enough || loaded >= target) {
            return null;
        }
        reader.ahead = target;
        return new Range(loaded, target);
    }

    private @Nullable Reader find(List<Reader> readers, long position) {
        Reader best = null;
        for (Reader reader : readers) {
            boolean goesOn = position >= reader.start && position <= reader.end + chunkBytes;
            if (goesOn && (best == null || reader.end > best.end)) {
                best = reader;
            }
        }
        return best;
    }

    private Reader begin(List<Reader> readers, long position) {
        var reader = new Reader();
        // Whoever starts at the front is likely to go on; anybody else has to do so first.
        reader.window = position == 0 ? Math.min(maxWindow, 2L * chunkBytes) : 0;
        if (readers.size() == MAX_READERS) {
            readers.removeFirst();
        }
        readers.add(reader);
        return reader;
    }

    private long chunkAfter(long position) {
        return (position + chunkBytes - 1) / chunkBytes * chunkBytes;
    }
}
