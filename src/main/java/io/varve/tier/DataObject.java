package io.varve.tier;

import io.varve.cluster.PartitionRecord.OffloadedSegment;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A data object ready to be uploaded: everything is known of it but its key. Segments are read from their files whenever the
 * content is streamed, and every stream gives the same bytes. Streams may be read by several threads at once, each its own.
 */
final class DataObject implements ObjectContent {
    private static final int BUFFER_BYTES = 256 * 1024;

    private final List<SegmentFile> segments;
    private final byte[] rest;
    private final DataObjectFooter footer;
    private final long segmentBytes;
    private volatile @Nullable SegmentUnreadableException unreadable;

    /** @param rest all that comes after the segments */
    DataObject(List<SegmentFile> segments, byte[] rest, DataObjectFooter footer) {
        this.segments = List.copyOf(segments);
        this.rest = rest;
        this.footer = footer;
        this.segmentBytes = segments.stream().mapToLong(SegmentFile::sizeBytes).sum();
    }

    DataObjectFooter footer() {
        return footer;
    }

    /** What partition records are to hold once the object is stored as {@code key}, in the order of the segments. */
    List<OffloadedSegment> references(String key) {
        return footer.segments().stream().map(segment -> segment.reference(key)).toList();
    }

    /** Why the last stream broke off, when it was for a segment's file. */
    @Nullable
    SegmentUnreadableException unreadable() {
        return unreadable;
    }

    @Override
    public long length() {
        return segmentBytes + rest.length;
    }

    @Override
    public InputStream open() {
        return new Stream();
    }

    private final class Stream extends InputStream {
        private final ByteBuffer buffer =
                ByteBuffer.allocate((int) Math.min(BUFFER_BYTES, length())).limit(0);
        /** Of the first byte after the buffer. */
        private long position;

        @Override
        public int read() throws IOException {
            return fill() ? Byte.toUnsignedInt(buffer.get()) : -1;
        }

        @Override
        public int read(byte[] target, int offset, int count) throws IOException {
            if (count == 0) {
                return 0;
            }
            if (!fill()) {
                return -1;
            }
            int n = Math.min(count, buffer.remaining());
            buffer.get(target, offset, n);
            return n;
        }

        @Override
        public long skip(long count) {
            long at = position - buffer.remaining();
            long skipped = Math.max(0, Math.min(count, length() - at));
            position = at + skipped;
            buffer.limit(0);
            return skipped;
        }

        @Override
        public int available() {
            return buffer.remaining();
        }

        private boolean fill() throws IOException {
            if (buffer.hasRemaining()) {
                return true;
            }
            if (position >= length()) {
                return false;
            }
            buffer.clear();
            try {
                fillFromSegments();
            } catch (SegmentUnreadableException e) {
                unreadable = e;
                buffer.limit(0);
                throw e;
            }
            if (buffer.hasRemaining() && position >= segmentBytes) {
                int from = (int) (position - segmentBytes);
                int n = Math.min(buffer.remaining(), rest.length - from);
                buffer.put(rest, from, n);
                position += n;
            }
            buffer.flip();
            return true;
        }

        private void fillFromSegments() throws SegmentUnreadableException {
            long start = 0;
            for (SegmentFile segment : segments) {
                long end = start + segment.sizeBytes();
                if (position >= start && position < end && buffer.hasRemaining()) {
                    int n = (int) Math.min(buffer.remaining(), end - position);
                    ByteBuffer piece = buffer.slice(buffer.position(), n);
                    segment.read(piece, position - start);
                    buffer.position(buffer.position() + n);
                    position += n;
                }
                start = end;
            }
        }
    }
}
