package io.varve.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * One of the journal's files: preallocated, written from its start to its end, synced after every group, and used again under a
 * higher sequence number once everything in it is durable elsewhere. Used by the journal's thread only.
 */
final class JournalFile implements AutoCloseable {
    /** Batches up to this size are copied next to their header, larger ones are written from where they are. */
    private static final int COPY_LIMIT = 8 * 1024;

    private static final int SCRATCH_BYTES = 512 * 1024;
    private static final int MAX_PARTS = 512;

    private final FileChannel channel;
    private final int capacity;
    private final ByteBuffer scratch;
    private final List<ByteBuffer> parts = new ArrayList<>();
    private final Set<JournalTarget> targets = new LinkedHashSet<>();
    private long sequence;
    private long position;
    private int scratchStart;

    private JournalFile(FileChannel channel, int capacity) {
        this.channel = channel;
        this.capacity = capacity;
        // A small file needs no more than it can hold, and one batch that is copied.
        this.scratch =
                ByteBuffer.allocateDirect(Math.clamp(capacity, COPY_LIMIT + JournalEntry.HEADER_BYTES, SCRATCH_BYTES));
    }

    /** Opens the file and makes sure that all its blocks are allocated, so that no write of a group can run out of space. */
    static JournalFile open(Path path, int capacity) throws IOException {
        FileChannel channel =
                FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            allocate(channel, capacity);
            return new JournalFile(channel, capacity);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private static void allocate(FileChannel channel, int capacity) throws IOException {
        ByteBuffer zeros = ByteBuffer.allocateDirect(Math.min(capacity, 1024 * 1024));
        for (long at = channel.size(); at < capacity; ) {
            zeros.clear().limit((int) Math.min(zeros.capacity(), capacity - at));
            at += channel.write(zeros, at);
        }
    }

    /** Starts over under {@code newSequence}, which no entry of any file has had before. */
    void begin(long newSequence) throws IOException {
        sequence = newSequence;
        position = 0;
        targets.clear();
        channel.position(0);
    }

    /** Whether {@code bytes} more fit in, or this file is fresh (a batch larger than a whole file then extends it). */
    boolean fits(long bytes) {
        return position == 0 || position + bytes <= capacity;
    }

    /** Writes the entries and returns when they are on disk. */
    void write(List<JournalEntry> group) throws IOException {
        scratch.clear();
        scratchStart = 0;
        for (JournalEntry entry : group) {
            add(entry);
            targets.add(entry.target());
        }
        flush();
        channel.force(false);
    }

    private void add(JournalEntry entry) throws IOException {
        int length = entry.batch().remaining();
        boolean copied = length <= COPY_LIMIT;
        if (scratch.remaining() < JournalEntry.HEADER_BYTES + (copied ? length : 0) || parts.size() >= MAX_PARTS) {
            flush();
        }
        entry.putHeader(scratch, sequence);
        if (copied) {
            scratch.put(entry.batch().duplicate());
        } else {
            closeScratchPart();
            parts.add(entry.batch().duplicate());
        }
    }

    private void closeScratchPart() {
        if (scratch.position() > scratchStart) {
            parts.add(scratch.duplicate().limit(scratch.position()).position(scratchStart));
            scratchStart = scratch.position();
        }
    }

    private void flush() throws IOException {
        closeScratchPart();
        ByteBuffer[] buffers = parts.toArray(ByteBuffer[]::new);
        long left = 0;
        for (ByteBuffer buffer : buffers) {
            left += buffer.remaining();
        }
        while (left > 0) {
            long written = channel.write(buffers);
            left -= written;
            position += written;
        }
        parts.clear();
        scratch.clear();
        scratchStart = 0;
    }

    /** The segments that have entries in this file. */
    Set<JournalTarget> targets() {
        return targets;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
