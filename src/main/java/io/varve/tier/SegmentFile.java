package io.varve.tier;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.zip.CRC32C;

/** Reads a sealed segment's file in pieces, having it open only during each. Thread-safe as far as its segment is. */
final class SegmentFile {
    private static final int PIECE_BYTES = 256 * 1024;

    private final Offloadable segment;

    SegmentFile(Offloadable segment) {
        this.segment = segment;
    }

    long sizeBytes() {
        return segment.segment().sizeBytes();
    }

    /** Fills {@code target} from {@code position}. */
    void read(ByteBuffer target, long position) throws SegmentUnreadableException {
        try {
            segment.withSegmentFile(file -> readFully(file, target, position));
        } catch (RuntimeException e) {
            throw new SegmentUnreadableException(segment, String.valueOf(e.getMessage()), e);
        }
        if (target.hasRemaining()) {
            throw new SegmentUnreadableException(segment, "the file is shorter than " + sizeBytes() + " bytes", null);
        }
    }

    private static void readFully(FileChannel file, ByteBuffer target, long position) {
        try {
            long at = position;
            int n;
            while (target.hasRemaining() && (n = file.read(target, at)) >= 0) {
                at += n;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** CRC-32C of the whole segment. */
    long crc() throws SegmentUnreadableException {
        var crc = new CRC32C();
        var buffer = ByteBuffer.allocate(PIECE_BYTES);
        for (long position = 0; position < sizeBytes(); position += buffer.limit()) {
            buffer.clear().limit((int) Math.min(PIECE_BYTES, sizeBytes() - position));
            read(buffer, position);
            crc.update(buffer.flip());
        }
        return crc.getValue();
    }
}
