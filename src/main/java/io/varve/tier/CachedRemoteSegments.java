package io.varve.tier;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.micrometer.core.instrument.MeterRegistry;
import io.varve.cluster.PartitionRecord.ManifestPage;
import io.varve.cluster.PartitionRecord.OffloadedSegment;
import io.varve.tier.DataObjectFooter.Block;
import io.varve.tier.DataObjectFooter.SegmentEntry;
import io.varve.tier.ObjectStoreException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.function.Supplier;
import org.apache.kafka.common.utils.Time;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Offloaded segments through the chunk cache. Segment bytes are not checked as a whole, since Kafka's record batches have checksums
 * of their own; indexes, producer states, footers, pages and whatever comes back from the local disk are.
 */
public final class CachedRemoteSegments implements RemoteSegments, AutoCloseable {
    private static final Logger LOG = Logger.getLogger(CachedRemoteSegments.class);

    private final ObjectStore store;
    private final CacheSettings settings;
    private final @Nullable DiskTier disk;
    private final ChunkCache chunks;
    private final ReadAhead readAhead;
    private final Executor threads;
    private final AsyncCache<String, DataObjectFooter> footers;
    private final AsyncCache<String, List<OffloadedSegment>> pages;

    /**
     * @param folder for chunks on the local disk, this cache's own; emptied now. When it cannot be used there is no disk tier
     * @param threads makes the threads that read from the store; virtual ones do
     */
    public CachedRemoteSegments(
            ObjectStore store,
            CacheSettings settings,
            Path folder,
            Time time,
            ThreadFactory threads,
            MeterRegistry meters) {
        this.store = store;
        this.settings = settings;
        this.disk = settings.diskBytes() == 0 ? null : disk(settings, folder, time, threads, meters);
        this.chunks = new ChunkCache(store, settings, disk, threads, meters);
        this.readAhead = new ReadAhead(settings.chunkBytes(), settings.readAheadBytes());
        this.threads = task -> threads.newThread(task).start();
        this.footers = Caffeine.newBuilder()
                .maximumWeight(settings.metadataEntries())
                .weigher((String key, DataObjectFooter footer) ->
                        1 + footer.segments().size())
                .executor(Runnable::run)
                .buildAsync();
        this.pages = Caffeine.newBuilder()
                .maximumWeight(settings.metadataEntries())
                .weigher((String key, List<OffloadedSegment> page) -> 1 + page.size())
                .executor(Runnable::run)
                .buildAsync();
    }

    private static @Nullable DiskTier disk(
            CacheSettings settings, Path folder, Time time, ThreadFactory threads, MeterRegistry meters) {
        try {
            return new DiskTier(folder, settings.diskBytes(), time, threads, meters);
        } catch (IOException e) {
            LOG.warnf("No chunk cache on the local disk until the next start: folder=%s error=%s", folder, e);
            return null;
        }
    }

    @Override
    public ByteBuffer read(OffloadedSegment segment, int position, int length) {
        if (position < 0 || length < 0 || position > segment.sizeBytes() - length) {
            throw new ObjectStoreException(
                    Kind.NOT_FOUND,
                    "Segment " + segment.baseOffset() + " in " + segment.object() + " has no " + length + " bytes at "
                            + position,
                    null);
        }
        if (length == 0) {
            return ByteBuffer.allocate(0).asReadOnlyBuffer();
        }
        List<ChunkKey> keys = chunkKeys(segment, position, (long) position + length);
        ChunkCache.Request request = chunks.request(keys);
        readAhead(segment, position, length);
        List<ByteBuffer> parts = request.await();
        int offset = position % settings.chunkBytes();
        return parts.size() == 1
                ? parts.getFirst().slice(offset, length).asReadOnlyBuffer()
                : joined(parts, offset, length);
    }

    private static ByteBuffer joined(List<ByteBuffer> parts, int offset, int length) {
        var result = ByteBuffer.allocate(length);
        int from = offset;
        for (ByteBuffer part : parts) {
            int n = Math.min(part.remaining() - from, result.remaining());
            result.put(part.slice(from, n));
            from = 0;
        }
        return result.flip().asReadOnlyBuffer();
    }

    private void readAhead(OffloadedSegment segment, int position, int length) {
        var name = new ChunkKey(segment.object(), segment.position(), 0);
        ReadAhead.Range next = readAhead.onRead(name, segment.sizeBytes(), position, length);
        if (next != null) {
            chunks.prefetch(chunkKeys(segment, next.from(), next.to()));
        }
    }

    /** The chunks that hold the segment's bytes {@code from} to {@code to}. */
    private List<ChunkKey> chunkKeys(OffloadedSegment segment, long from, long to) {
        var keys = new ArrayList<ChunkKey>();
        int chunkBytes = settings.chunkBytes();
        for (long start = from / chunkBytes * chunkBytes; start < to; start += chunkBytes) {
            int length = (int) Math.min(chunkBytes, segment.sizeBytes() - start);
            keys.add(new ChunkKey(segment.object(), segment.position() + start, length));
        }
        return keys;
    }

    @Override
    public ByteBuffer index(OffloadedSegment segment) {
        return block(segment.object(), new Block(segment.indexPosition(), segment.indexBytes()), "index");
    }

    @Override
    public ByteBuffer producerStates(OffloadedSegment segment) {
        DataObjectFooter footer = cached(
                footers,
                segment.object(),
                () -> DataObjectReader.open(store, segment.object()).footer());
        for (SegmentEntry entry : footer.segments()) {
            if (entry.position() == segment.position() && entry.baseOffset() == segment.baseOffset()) {
                return block(segment.object(), entry.producerStates(), "producer-state block");
            }
        }
        throw new ObjectStoreException(
                Kind.CORRUPT, "Object " + segment.object() + " has no segment at " + segment.position(), null);
    }

    private ByteBuffer block(String object, Block block, String what) {
        var key = new ChunkKey(object, block.position(), block.bytes());
        ByteBuffer bytes = chunks.request(List.of(key)).await().getFirst();
        try {
            return SealedBlock.open(bytes, what + " in " + object).asReadOnlyBuffer();
        } catch (ObjectStoreException e) {
            chunks.drop(key);
            throw e;
        }
    }

    @Override
    public List<OffloadedSegment> page(ManifestPage page) {
        return cached(pages, page.object(), () -> ManifestPages.read(store, page));
    }

    /** Many readers of what is not there cause one load; what failed is not kept. */
    private <V> V cached(AsyncCache<String, V> cache, String key, Supplier<V> load) {
        return Futures.await(cache.get(key, (k, executor) -> CompletableFuture.supplyAsync(load, threads)));
    }

    /** Stops writing to the local disk; reads go on to work. */
    @Override
    public void close() {
        if (disk != null) {
            disk.close();
        }
    }
}
