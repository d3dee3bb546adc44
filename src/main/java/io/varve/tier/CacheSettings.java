package io.varve.tier;

/**
 * How much of the object store is kept near.
 *
 * @param chunkBytes what segments are cut into for caching, counted from the segment's start
 * @param memoryBytes for chunks in memory
 * @param diskBytes for chunks on the local disk; 0 for none
 * @param maxReadBytes the largest range read from the store in one request: adjacent missing chunks are read together up to this
 * @param maxReadAheadBytes how far a sequential reader is read ahead of
 * @param parallelReads from the store at any time for readers that wait; reading ahead has half as many more
 * @param metadataEntries segments described by footers and manifest pages that are kept in memory
 */
public record CacheSettings(
        int chunkBytes,
        long memoryBytes,
        long diskBytes,
        int maxReadBytes,
        int maxReadAheadBytes,
        int parallelReads,
        int metadataEntries) {
    private static final int MAX_READ_BYTES = 8 << 20;

    public CacheSettings {
        if (chunkBytes < 1 || memoryBytes < chunkBytes || maxReadBytes < chunkBytes || parallelReads < 1) {
            throw new IllegalArgumentException("memory and reads must hold at least one chunk");
        }
    }

    /** With chunks of 1 MiB, read ahead eight at a time. */
    public static CacheSettings defaults(long memoryBytes, long diskBytes) {
        return of(1 << 20, memoryBytes, diskBytes, 8);
    }

    /**
     * @throws IllegalArgumentException when the memory does not hold a chunk
     */
    public static CacheSettings of(int chunkBytes, long memoryBytes, long diskBytes, int readAheadChunks) {
        int readAheadBytes = (int) Math.min(Integer.MAX_VALUE, (long) chunkBytes * readAheadChunks);
        int readBytes = Math.max(chunkBytes, MAX_READ_BYTES);
        return new CacheSettings(chunkBytes, memoryBytes, diskBytes, readBytes, readAheadBytes, 32, 100_000);
    }

    /** An eighth of the memory at most, so that readers do not throw out what others are about to read. */
    long readAheadBytes() {
        return Math.min(maxReadAheadBytes, memoryBytes / 8);
    }
}
