package io.varve.simulation;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Random;

/** The content of a file, as programs see it and as it is on the disk: what was written since the last sync may get there or not, sector by sector. */
final class SimFile implements SimDisk.Node {
    private static final int SECTOR_BYTES = 512;

    private byte[] bytes = new byte[0];
    private int size;
    private byte[] synced = new byte[0];
    private int syncedSize;
    private final BitSet dirty = new BitSet();

    int size() {
        return size;
    }

    int read(int position, ByteBuffer into) {
        if (position >= size) {
            return -1;
        }
        int length = Math.min(into.remaining(), size - position);
        into.put(bytes, position, length);
        return length;
    }

    int write(int position, ByteBuffer from) {
        int length = from.remaining();
        reserve(position + length);
        from.get(bytes, position, length);
        size = Math.max(size, position + length);
        dirty.set(position / SECTOR_BYTES, (position + length) / SECTOR_BYTES + 1);
        return length;
    }

    void truncate(int length) {
        if (length < size) {
            Arrays.fill(bytes, length, size, (byte) 0);
            dirty.set(length / SECTOR_BYTES, size / SECTOR_BYTES + 1);
            size = length;
        }
    }

    private void reserve(int length) {
        if (length > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(length, bytes.length * 2));
        }
    }

    void sync() {
        if (synced.length < bytes.length) {
            synced = Arrays.copyOf(synced, bytes.length);
        }
        copyDirty(sector -> true);
        syncedSize = size;
        dirty.clear();
    }

    /** As Linux does after a write to the disk that failed: what was written can still be read, and no later sync writes it. */
    void forgetDirty() {
        dirty.clear();
    }

    private interface Choice {
        boolean takes(int sector);
    }

    private void copyDirty(Choice choice) {
        for (int sector = dirty.nextSetBit(0); sector >= 0; sector = dirty.nextSetBit(sector + 1)) {
            int at = sector * SECTOR_BYTES;
            int length = Math.min(SECTOR_BYTES, bytes.length - at);
            if (length > 0 && choice.takes(sector)) {
                System.arraycopy(bytes, at, synced, at, length);
            }
        }
    }

    @Override
    public void cutPower(Random random, int percentWritten) {
        synced = Arrays.copyOf(synced, Math.max(synced.length, bytes.length));
        copyDirty(_ -> random.nextInt(100) < percentWritten);
        int shorter = Math.min(size, syncedSize);
        int longer = Math.max(size, syncedSize);
        size = random.nextInt(100) < percentWritten ? size : shorter + random.nextInt(longer - shorter + 1);
        bytes = Arrays.copyOf(synced, synced.length);
        Arrays.fill(bytes, size, bytes.length, (byte) 0);
        synced = Arrays.copyOf(bytes, bytes.length);
        syncedSize = size;
        dirty.clear();
    }
}
