package io.varve.tier;

import java.util.Arrays;

/**
 * A set of object keys that remembers 64-bit hashes only: millions of references in a few dozen megabytes. It may take a key for
 * another one, and then an orphan is kept; it never forgets one. Not thread-safe.
 */
final class ReferenceSet {
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;
    private static final long EMPTY = 0;

    private long[] slots = new long[1 << 10];
    private int size;

    void add(String key) {
        if (2 * size >= slots.length) {
            grow();
        }
        size += insert(slots, hash(key)) ? 1 : 0;
    }

    boolean contains(String key) {
        long hash = hash(key);
        return slots[slot(slots, hash)] == hash;
    }

    int size() {
        return size;
    }

    private void grow() {
        long[] larger = new long[slots.length * 2];
        Arrays.stream(slots).filter(hash -> hash != EMPTY).forEach(hash -> insert(larger, hash));
        slots = larger;
    }

    private static boolean insert(long[] slots, long hash) {
        int slot = slot(slots, hash);
        boolean isNew = slots[slot] == EMPTY;
        slots[slot] = hash;
        return isNew;
    }

    /** Where {@code hash} is, or belongs. */
    private static int slot(long[] slots, long hash) {
        int mask = slots.length - 1;
        int slot = (int) (hash ^ (hash >>> 32)) & mask;
        while (slots[slot] != EMPTY && slots[slot] != hash) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    private static long hash(String key) {
        long hash = FNV_OFFSET;
        for (int i = 0; i < key.length(); i++) {
            hash = (hash ^ key.charAt(i)) * FNV_PRIME;
        }
        hash = (hash ^ (hash >>> 29)) * 0xbf58476d1ce4e5b9L;
        hash ^= hash >>> 32;
        return hash == EMPTY ? 1 : hash;
    }
}
