package io.varve.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads the journal at start, oldest file first. An entry that is damaged ends its file: entries are written in order and none
 * behind it can have been acknowledged, since a group is reported only after a sync of all that lies before its end.
 */
final class JournalReplay {
    private JournalReplay() {}

    /** Receives entries in the order they were written. */
    interface Handler {
        void onEntry(JournalEntry.Header header, ByteBuffer batch);
    }

    private record Source(Path path, long sequence) {}

    /**
     * Hands every entry to {@code handler}.
     *
     * @return the highest sequence found, or 0
     */
    static long replay(Path directory, Handler handler) {
        try {
            if (!Files.isDirectory(directory)) {
                return 0;
            }
            List<Source> sources = new ArrayList<>();
            try (Stream<Path> paths = Files.list(directory)) {
                for (Path path :
                        paths.filter(p -> p.toString().endsWith(".journal")).toList()) {
                    JournalEntry.Header first = firstHeader(path);
                    if (first != null) {
                        sources.add(new Source(path, first.fileSequence()));
                    }
                }
            }
            sources.sort(Comparator.comparingLong(Source::sequence));
            for (Source source : sources) {
                replayFile(source, handler);
            }
            return sources.isEmpty() ? 0 : sources.getLast().sequence();
        } catch (IOException e) {
            throw new LogException("cannot read the journal in " + directory, e);
        }
    }

    private static JournalEntry.@Nullable Header firstHeader(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            ByteBuffer header = ByteBuffer.allocate(JournalEntry.HEADER_BYTES);
            Channels.readUpTo(channel, 0, header);
            return JournalEntry.Header.read(header.flip());
        }
    }

    private static void replayFile(Source source, Handler handler) throws IOException {
        try (FileChannel channel = FileChannel.open(source.path(), StandardOpenOption.READ)) {
            long position = 0;
            ByteBuffer headerBytes = ByteBuffer.allocate(JournalEntry.HEADER_BYTES);
            while (true) {
                Channels.readUpTo(channel, position, headerBytes.clear());
                JournalEntry.Header header = JournalEntry.Header.read(headerBytes.flip());
                if (header == null
                        || header.fileSequence() != source.sequence()
                        || !isPlausible(header, channel, position)) {
                    return;
                }
                ByteBuffer batch = ByteBuffer.allocate(header.length());
                Channels.readUpTo(channel, position + JournalEntry.HEADER_BYTES, batch);
                batch.flip();
                if (!header.matches(batch)) {
                    return;
                }
                handler.onEntry(header, batch);
                position += JournalEntry.HEADER_BYTES + header.length();
            }
        }
    }

    private static boolean isPlausible(JournalEntry.Header header, FileChannel channel, long position)
            throws IOException {
        return header.length() >= Batch.HEADER_BYTES
                && header.length() <= channel.size() - position - JournalEntry.HEADER_BYTES;
    }
}
