package io.varve.simulation;

import io.varve.tier.ObjectContent;
import io.varve.tier.ObjectStore;
import io.varve.tier.ObjectStoreException;
import io.varve.tier.ObjectStoreException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** A bucket, and the ways of processes to it. It can be slow, refuse for a while, and do what it was asked without saying so. */
final class SimObjects {
    private static final long REQUEST_LIMIT_MILLIS = 2_000;

    private record Stored(byte[] bytes, long writtenMillis) {}

    private final Simulator simulator;
    /** The store's own. */
    private final SimTime clock;

    private final TreeMap<String, Stored> objects = new TreeMap<>();

    /** Out of a hundred requests, how many fail. */
    private int failing;

    private Predicate<String> isReferenced = key -> false;

    SimObjects(Simulator simulator) {
        this.simulator = simulator;
        this.clock = new SimTime(simulator, 0);
    }

    /** What is asked before an object is deleted: none may be that is referenced (rule 8). */
    void protect(Predicate<String> referenced) {
        isReferenced = referenced;
    }

    Set<String> keys() {
        return Set.copyOf(objects.keySet());
    }

    void failing(int percent) {
        failing = percent;
    }

    private boolean fails() {
        return failing > 0 && simulator.random().nextInt(100) < failing;
    }

    private void travel() {
        simulator.sleepNanos(simulator.oneIn(20) ? simulator.micros(20_000, 400_000) : simulator.micros(2_000, 15_000));
    }

    /** The bucket as a process sees it. */
    ObjectStore client() {
        return new Client();
    }

    private final class Client implements ObjectStore {
        @Override
        public void create(String key, ObjectContent content) {
            byte[] bytes = bytes(content);
            travel();
            if (fails()) {
                throw new ObjectStoreException(Kind.UNAVAILABLE, "503 slow down", null);
            }
            if (objects.containsKey(key)) {
                throw new ObjectStoreException(Kind.EXISTS, key + " exists", null);
            }
            objects.put(key, new Stored(bytes, clock.milliseconds()));
            if (fails()) {
                simulator.sleepMillis(REQUEST_LIMIT_MILLIS);
                throw new ObjectStoreException(Kind.OUTCOME_UNKNOWN, "no answer", null);
            }
            travel();
        }

        private static byte[] bytes(ObjectContent content) {
            try (InputStream in = content.open()) {
                return in.readAllBytes();
            } catch (IOException e) {
                throw new ObjectStoreException(Kind.UNAVAILABLE, "content broke off", e);
            }
        }

        private Stored find(String key) {
            travel();
            if (fails()) {
                throw new ObjectStoreException(Kind.UNAVAILABLE, "503 slow down", null);
            }
            Stored found = objects.get(key);
            if (found == null) {
                throw new ObjectStoreException(Kind.NOT_FOUND, "no " + key, null);
            }
            return found;
        }

        @Override
        public ByteBuffer read(String key, long position, int length) {
            byte[] bytes = find(key).bytes();
            if (position < 0 || position > bytes.length - (long) length) {
                throw new ObjectStoreException(Kind.NOT_FOUND, "outside of " + key, null);
            }
            ByteBuffer copy = ByteBuffer.allocate(length);
            return copy.put(bytes, (int) position, length).flip();
        }

        @Override
        public long length(String key) {
            return find(key).bytes().length;
        }

        @Override
        public void list(String prefix, Consumer<List<StoredObject>> visitor) {
            travel();
            List<StoredObject> found = objects.subMap(prefix, prefix + Character.MAX_VALUE).entrySet().stream()
                    .map(each -> new StoredObject(
                            each.getKey(),
                            each.getValue().bytes().length,
                            each.getValue().writtenMillis()))
                    .toList();
            visitor.accept(found);
        }

        @Override
        public void delete(String key) {
            travel();
            if (fails()) {
                throw new ObjectStoreException(Kind.UNAVAILABLE, "503 slow down", null);
            }
            if (isReferenced.test(key)) {
                simulator.fail(new AssertionError("object " + key + " is deleted and is referenced (rule 8)"));
            }
            objects.remove(key);
        }

        @Override
        public void close() {}
    }
}
