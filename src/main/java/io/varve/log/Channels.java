package io.varve.log;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;

/** Positional reads and writes that are not short. */
final class Channels {
    private Channels() {}

    /** Reads until {@code into} is full or the file ends. */
    static void readUpTo(FileChannel channel, long position, ByteBuffer into) throws IOException {
        long at = position;
        while (into.hasRemaining()) {
            int read = channel.read(into, at);
            if (read < 0) {
                return;
            }
            at += read;
        }
    }

    /** Reads until {@code into} is full. */
    static void readFully(FileChannel channel, long position, ByteBuffer into) throws IOException {
        readUpTo(channel, position, into);
        if (into.hasRemaining()) {
            throw new EOFException("file ends " + into.remaining() + " bytes early at " + position);
        }
    }

    /** Puts the name of {@code file} on disk: syncs the directory it is in. */
    static void syncName(Path file) throws IOException {
        Path directory = Objects.requireNonNull(file.toAbsolutePath().getParent());
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Writes all of {@code from}. */
    static void writeFully(FileChannel channel, long position, ByteBuffer from) throws IOException {
        long at = position;
        while (from.hasRemaining()) {
            at += channel.write(from, at);
        }
    }
}
