package io.varve.tier;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.varve.observe.Metric;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ThreadFactory;
import org.apache.kafka.common.utils.Time;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Chunks on the local disk, a file each, the least recently read thrown out first. What is where and its checksum are known in
 * memory only: the folder is emptied at start, so nothing in it ever has to be trusted, and what is read back is checked. Chunks
 * are written behind, by one thread and a short queue; when that is full a chunk is simply not kept. When the disk fails or is
 * full, everything is thrown out, which leaves the space to data that has no other place, and the tier takes a minute off.
 * Thread-safe.
 */
final class DiskTier implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(DiskTier.class);
    private static final String SUFFIX = ".chunk";
    private static final int QUEUE = 16;
    private static final Duration TIME_OFF = Duration.ofMinutes(1);

    private record Kept(long file, int length, long crc) {}

    private record Chunk(ChunkKey key, ByteBuffer bytes) {}

    private final Path folder;
    private final long maxBytes;
    private final Time time;
    private final Counter failures;
    private final BlockingQueue<Chunk> toWrite = new ArrayBlockingQueue<>(QUEUE);
    private final Thread writer;

    @GuardedBy("this")
    private final LinkedHashMap<ChunkKey, Kept> kept = new LinkedHashMap<>(16, 0.75f, true);

    @GuardedBy("this")
    private long bytes;

    @GuardedBy("this")
    private long nextFile;

    @GuardedBy("this")
    private long offUntilNanos;

    private volatile boolean closed;

    /** @throws IOException when the folder cannot be made or emptied */
    DiskTier(Path folder, long maxBytes, Time time, ThreadFactory threads, MeterRegistry meters) throws IOException {
        this.folder = folder;
        this.maxBytes = maxBytes;
        this.time = time;
        this.offUntilNanos = time.nanoseconds();
        this.failures = Metric.TIER_CACHE_DISK_FAILURES.counter(meters);
        Metric.TIER_CACHE_DISK_BYTES.gauge(meters, this::bytes);
        Files.createDirectories(folder);
        try (var old = Files.newDirectoryStream(folder, "*" + SUFFIX)) {
            for (Path file : old) {
                Files.delete(file);
            }
        }
        writer = threads.newThread(this::writeBehind);
        writer.start();
    }

    synchronized long bytes() {
        return bytes;
    }

    /** Keeps a chunk if that is possible without waiting. */
    void offer(ChunkKey key, ByteBuffer chunk) {
        if (chunk.remaining() <= maxBytes && isOn()) {
            toWrite.offer(new Chunk(key, chunk));
        }
    }

    /** The chunk, or null when it is not here or not what it was. */
    @Nullable
    ByteBuffer read(ChunkKey key) {
        Kept found;
        synchronized (this) {
            found = kept.get(key);
        }
        if (found == null) {
            return null;
        }
        try {
            ByteBuffer chunk = readFile(found);
            if (Checksums.crc32c(chunk) == found.crc) {
                return chunk;
            }
            LOG.warnf("A cached chunk on the local disk is damaged, it is read again: folder=%s", folder);
            failures.increment();
        } catch (IOException e) {
            if (isKept(key, found)) {
                LOG.warnf("A cached chunk cannot be read from the local disk: folder=%s error=%s", folder, e);
                failures.increment();
            }
        }
        forget(key, found);
        return null;
    }

    private ByteBuffer readFile(Kept found) throws IOException {
        var buffer = ByteBuffer.allocate(found.length);
        try (FileChannel in = FileChannel.open(file(found.file), StandardOpenOption.READ)) {
            while (buffer.hasRemaining()) {
                if (in.read(buffer) < 0) {
                    throw new EOFException("the file is too short");
                }
            }
        }
        return buffer.flip();
    }

    private void writeBehind() {
        try {
            while (!closed) {
                Chunk chunk = toWrite.take();
                if (!closed && isOn() && !contains(chunk.key)) {
                    write(chunk);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void write(Chunk chunk) {
        long id;
        synchronized (this) {
            id = nextFile++;
        }
        try {
            makeRoom(chunk.bytes.remaining());
            try (FileChannel out =
                    FileChannel.open(file(id), StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
                ByteBuffer bytesLeft = chunk.bytes.duplicate();
                while (bytesLeft.hasRemaining()) {
                    out.write(bytesLeft);
                }
            }
            keep(chunk, id);
        } catch (IOException e) {
            failures.increment();
            LOG.warnf(
                    "The chunk cache on the local disk takes %d s off and frees its space: folder=%s error=%s",
                    TIME_OFF.toSeconds(), folder, e);
            takeTimeOff(id);
        }
    }

    private synchronized void keep(Chunk chunk, long id) {
        kept.put(chunk.key, new Kept(id, chunk.bytes.remaining(), Checksums.crc32c(chunk.bytes)));
        bytes += chunk.bytes.remaining();
    }

    private void makeRoom(int needed) throws IOException {
        for (Kept old : takeOldest(needed)) {
            Files.deleteIfExists(file(old.file));
        }
    }

    private synchronized List<Kept> takeOldest(long needed) {
        var oldest = new ArrayList<Kept>();
        var all = kept.values().iterator();
        while (bytes + needed > maxBytes && all.hasNext()) {
            Kept old = all.next();
            all.remove();
            bytes -= old.length;
            oldest.add(old);
        }
        return oldest;
    }

    private void takeTimeOff(long unfinished) {
        var files = new ArrayList<Long>();
        files.add(unfinished);
        synchronized (this) {
            offUntilNanos = time.nanoseconds() + TIME_OFF.toNanos();
            takeOldest(maxBytes).forEach(old -> files.add(old.file));
        }
        files.forEach(this::deleteQuietly);
    }

    private void forget(ChunkKey key, Kept found) {
        boolean removed;
        synchronized (this) {
            removed = kept.remove(key, found);
            bytes -= removed ? found.length : 0;
        }
        if (removed) {
            deleteQuietly(found.file);
        }
    }

    private void deleteQuietly(long id) {
        try {
            Files.deleteIfExists(file(id));
        } catch (IOException e) {
            LOG.debugf("A cache file stays until the next start: file=%s error=%s", file(id), e);
        }
    }

    private synchronized boolean isOn() {
        return time.nanoseconds() - offUntilNanos >= 0;
    }

    synchronized boolean contains(ChunkKey key) {
        return kept.containsKey(key);
    }

    private synchronized boolean isKept(ChunkKey key, Kept found) {
        return found.equals(kept.get(key));
    }

    private Path file(long id) {
        return folder.resolve(Long.toHexString(id) + SUFFIX);
    }

    /** Stops writing. The files stay until the next start. */
    @Override
    public void close() {
        closed = true;
        writer.interrupt();
    }
}
