package io.varve.tier;

import io.varve.tier.ObjectStoreException.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import org.apache.kafka.common.utils.Time;

/** An object store in memory, whose time stamps come from a clock of the test. */
final class MemoryObjectStore implements ObjectStore {
    private record Stored(byte[] bytes, long lastModifiedMillis) {}

    private final ConcurrentSkipListMap<String, Stored> objects = new ConcurrentSkipListMap<>();
    private final Time time;

    MemoryObjectStore(Time time) {
        this.time = time;
    }

    NavigableSet<String> keys() {
        return new TreeSet<>(objects.keySet());
    }

    /** Changes one byte, as a broken disk or a wrong hand would. */
    void damage(String key, int position) {
        get(key).bytes[position] ^= 1;
    }

    void lose(String key) {
        objects.remove(key);
    }

    @Override
    public void create(String key, ObjectContent content) {
        ObjectKeys.requireKey(key);
        try (var in = content.open()) {
            byte[] bytes = in.readAllBytes();
            if (bytes.length != content.length()) {
                throw new IllegalStateException("content of another length than it said");
            }
            if (objects.putIfAbsent(key, new Stored(bytes, time.milliseconds())) != null) {
                throw new ObjectStoreException(Kind.EXISTS, key + " exists", null);
            }
        } catch (IOException e) {
            throw new ObjectStoreException(Kind.UNAVAILABLE, "content broke off", new UncheckedIOException(e));
        }
    }

    @Override
    public ByteBuffer read(String key, long position, int length) {
        byte[] bytes = get(key).bytes;
        if (position < 0 || length < 0 || position > bytes.length - length) {
            throw new ObjectStoreException(Kind.NOT_FOUND, key + " has no " + length + " bytes at " + position, null);
        }
        byte[] range = new byte[length];
        System.arraycopy(bytes, (int) position, range, 0, length);
        return ByteBuffer.wrap(range);
    }

    @Override
    public long length(String key) {
        return get(key).bytes.length;
    }

    private Stored get(String key) {
        ObjectKeys.requireKey(key);
        Stored stored = objects.get(key);
        if (stored == null) {
            throw new ObjectStoreException(Kind.NOT_FOUND, "no " + key, null);
        }
        return stored;
    }

    @Override
    public void list(String prefix, Consumer<List<StoredObject>> visitor) {
        ObjectKeys.requirePrefix(prefix);
        for (Map.Entry<String, Stored> object : objects.tailMap(prefix).entrySet()) {
            if (!object.getKey().startsWith(prefix)) {
                return;
            }
            Stored stored = object.getValue();
            visitor.accept(List.of(new StoredObject(object.getKey(), stored.bytes.length, stored.lastModifiedMillis)));
        }
    }

    @Override
    public void delete(String key) {
        ObjectKeys.requireKey(key);
        objects.remove(key);
    }

    @Override
    public void close() {}
}
