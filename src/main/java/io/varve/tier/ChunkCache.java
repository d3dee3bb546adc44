package io.varve.tier;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.varve.observe.Metric;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/**
 * Chunks of objects, kept in memory and then on the local disk, each bounded in bytes. Any number of readers that miss a chunk
 * cause one request; adjacent missing chunks are one request too. A load that fails is forgotten, so the next reader tries again.
 * Loads run in threads of their own: a reader that goes away does not spoil them for others. Thread-safe.
 */
final class ChunkCache {
    private static final int ENTRY_OVERHEAD_BYTES = 200;

    private final ObjectStore store;
    private final CacheSettings settings;
    private final @Nullable DiskTier disk;
    private final ThreadFactory threads;
    private final AsyncCache<ChunkKey, ByteBuffer> memory;
    private final Semaphore reads;
    private final Semaphore readsAhead;
    private final Counter hits;
    private final Counter sharedLoads;
    private final Counter diskReads;
    private final Counter storeReads;
    private final Counter aheadChunks;
    private final Counter requests;
    private final Counter requestBytes;

    ChunkCache(
            ObjectStore store,
            CacheSettings settings,
            @Nullable DiskTier disk,
            ThreadFactory threads,
            MeterRegistry meters) {
        this.store = store;
        this.settings = settings;
        this.disk = disk;
        this.threads = threads;
        this.memory = Caffeine.newBuilder()
                .maximumWeight(settings.memoryBytes())
                .weigher((ChunkKey key, ByteBuffer chunk) -> chunk.capacity() + ENTRY_OVERHEAD_BYTES)
                .executor(Runnable::run)
                .buildAsync();
        this.reads = new Semaphore(settings.parallelReads());
        this.readsAhead = new Semaphore(Math.max(1, settings.parallelReads() / 2));
        this.hits = Metric.TIER_CACHE_READS.counter(meters, "from", "memory");
        this.sharedLoads = Metric.TIER_CACHE_READS.counter(meters, "from", "flight");
        this.diskReads = Metric.TIER_CACHE_READS.counter(meters, "from", "disk");
        this.storeReads = Metric.TIER_CACHE_READS.counter(meters, "from", "store");
        this.aheadChunks = Metric.TIER_READ_AHEAD_CHUNKS.counter(meters);
        this.requests = Metric.TIER_READ_REQUESTS.counter(meters);
        this.requestBytes = Metric.TIER_READ_BYTES.counter(meters);
        Metric.TIER_CACHE_MEMORY_BYTES.gauge(meters, this::memoryBytes);
    }

    long memoryBytes() {
        return memory.synchronous()
                .policy()
                .eviction()
                .map(eviction -> eviction.weightedSize().orElse(0))
                .orElse(0L);
    }

    /** Chunks somebody asked for, some of which may still be on their way. */
    final class Request {
        private final List<ChunkKey> keys;
        private final List<CompletableFuture<ByteBuffer>> chunks;
        private final List<ChunkKey> mine;

        private Request(List<ChunkKey> keys, List<CompletableFuture<ByteBuffer>> chunks, List<ChunkKey> mine) {
            this.keys = keys;
            this.chunks = chunks;
            this.mine = mine;
        }

        /**
         * Blocks until all are there.
         *
         * @return one buffer a key, shared: only to be read
         */
        List<ByteBuffer> await() {
            var result = new ArrayList<ByteBuffer>(keys.size());
            for (int i = 0; i < keys.size(); i++) {
                result.add(await(keys.get(i), chunks.get(i)));
            }
            return result;
        }

        private ByteBuffer await(ChunkKey key, CompletableFuture<ByteBuffer> chunk) {
            try {
                return Futures.await(chunk);
            } catch (ObjectStoreException e) {
                if (mine.contains(key)) {
                    throw e;
                }
                // Somebody else's luck, perhaps of long ago: this reader gets a try of its own.
                return Futures.await(request(List.of(key)).chunks.getFirst());
            }
        }
    }

    /** Begins to load what is missing of {@code keys}, which are in the order of their positions. */
    Request request(List<ChunkKey> keys) {
        var chunks = new ArrayList<CompletableFuture<ByteBuffer>>(keys.size());
        var mine = new ArrayList<ChunkKey>();
        var loads = new ArrayList<CompletableFuture<ByteBuffer>>();
        for (ChunkKey key : keys) {
            var load = new CompletableFuture<ByteBuffer>();
            CompletableFuture<ByteBuffer> there = memory.asMap().putIfAbsent(key, load);
            if (there == null) {
                mine.add(key);
                loads.add(load);
            } else {
                (there.isDone() ? hits : sharedLoads).increment();
            }
            chunks.add(there == null ? load : there);
        }
        load(mine, loads, reads);
        return new Request(keys, chunks, mine);
    }

    /** Loads what is missing of {@code keys} in the background, unless that much is being done already. */
    void prefetch(List<ChunkKey> keys) {
        if (!readsAhead.tryAcquire()) {
            return;
        }
        readsAhead.release();
        var mine = new ArrayList<ChunkKey>();
        var loads = new ArrayList<CompletableFuture<ByteBuffer>>();
        for (ChunkKey key : keys) {
            if (disk != null && disk.contains(key)) {
                continue; // near enough
            }
            var load = new CompletableFuture<ByteBuffer>();
            if (memory.asMap().putIfAbsent(key, load) == null) {
                mine.add(key);
                loads.add(load);
            }
        }
        aheadChunks.increment(mine.size());
        load(mine, loads, readsAhead);
    }

    /** Forgets a chunk that turned out to be damaged. */
    void drop(ChunkKey key) {
        memory.synchronous().invalidate(key);
    }

    private void load(List<ChunkKey> keys, List<CompletableFuture<ByteBuffer>> loads, Semaphore slots) {
        int from = 0;
        while (from < keys.size()) {
            int to = from + 1;
            long bytes = keys.get(from).length();
            while (to < keys.size()
                    && keys.get(to - 1).isFollowedBy(keys.get(to))
                    && bytes + keys.get(to).length() <= settings.maxReadBytes()) {
                bytes += keys.get(to).length();
                to++;
            }
            var run = new Run(List.copyOf(keys.subList(from, to)), List.copyOf(loads.subList(from, to)), slots);
            threads.newThread(run).start();
            from = to;
        }
    }

    /** Loads adjacent chunks, from the disk or with one request for each gap. */
    private final class Run implements Runnable {
        private final List<ChunkKey> keys;
        private final List<CompletableFuture<ByteBuffer>> loads;
        private final Semaphore slots;

        Run(List<ChunkKey> keys, List<CompletableFuture<ByteBuffer>> loads, Semaphore slots) {
            this.keys = keys;
            this.loads = loads;
            this.slots = slots;
        }

        @Override
        public void run() {
            try {
                int from = 0;
                while (from < keys.size()) {
                    int to = from;
                    ByteBuffer onDisk = null;
                    while (to < keys.size() && (onDisk = fromDisk(keys.get(to))) == null) {
                        to++;
                    }
                    if (to > from) {
                        fromStore(from, to);
                    }
                    if (onDisk != null) {
                        loads.get(to).complete(onDisk);
                        to++;
                    }
                    from = to;
                }
            } catch (RuntimeException | Error e) {
                fail(e);
            }
        }

        private @Nullable ByteBuffer fromDisk(ChunkKey key) {
            ByteBuffer chunk = disk == null ? null : disk.read(key);
            if (chunk != null) {
                diskReads.increment();
            }
            return chunk;
        }

        private void fromStore(int from, int to) {
            ChunkKey first = keys.get(from);
            ChunkKey last = keys.get(to - 1);
            int length = (int) (last.position() + last.length() - first.position());
            requests.increment();
            slots.acquireUninterruptibly();
            ByteBuffer bytes;
            try {
                bytes = store.read(first.object(), first.position(), length);
            } finally {
                slots.release();
            }
            requestBytes.increment(length);
            storeReads.increment((double) to - from);
            for (int i = from; i < to; i++) {
                ChunkKey key = keys.get(i);
                ByteBuffer part = bytes.slice((int) (key.position() - first.position()), key.length());
                ByteBuffer chunk = to - from == 1 ? part : copy(part);
                loads.get(i).complete(chunk);
                if (disk != null) {
                    disk.offer(key, chunk);
                }
            }
        }

        /** A slice would keep the whole answer in memory as long as any chunk of it lives. */
        private static ByteBuffer copy(ByteBuffer part) {
            return ByteBuffer.allocate(part.remaining()).put(part).flip();
        }

        private void fail(Throwable e) {
            for (int i = 0; i < keys.size(); i++) {
                CompletableFuture<ByteBuffer> load = loads.get(i);
                if (!load.isDone()) {
                    memory.asMap().remove(keys.get(i), load);
                    load.completeExceptionally(e);
                }
            }
        }
    }
}
