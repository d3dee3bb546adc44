package io.varve.tier;

import io.varve.tier.ObjectStoreException.Kind;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Wraps a store and misbehaves as told: fails, holds requests up, forgets to answer a create that it has done. */
final class FaultyObjectStore implements ObjectStore {
    /** What happens to one create. */
    enum CreateFault {
        /** Nothing is written. */
        UNAVAILABLE,
        /** Nothing is written. */
        REFUSED,
        /** Written, but the caller is not told. */
        UNKNOWN_AFTER_SUCCESS,
        /** Not written, but the caller cannot tell. */
        UNKNOWN_BEFORE
    }

    final AtomicInteger creates = new AtomicInteger();
    final AtomicInteger reads = new AtomicInteger();
    final AtomicLong readBytes = new AtomicLong();
    final AtomicInteger createsNow = new AtomicInteger();
    final AtomicInteger maxCreatesAtOnce = new AtomicInteger();
    final Queue<String> createdKeys = new ConcurrentLinkedQueue<>();

    private final ObjectStore delegate;
    private final Queue<CreateFault> createFaults = new ConcurrentLinkedQueue<>();
    private final Queue<Kind> readFaults = new ConcurrentLinkedQueue<>();
    private volatile @Nullable CountDownLatch readsHeld;
    private volatile @Nullable CountDownLatch createsHeld;
    private volatile boolean down;

    FaultyObjectStore(ObjectStore delegate) {
        this.delegate = delegate;
    }

    void failCreates(CreateFault... faults) {
        createFaults.addAll(List.of(faults));
    }

    void failReads(Kind... kinds) {
        readFaults.addAll(List.of(kinds));
    }

    void down(boolean nowDown) {
        down = nowDown;
    }

    CountDownLatch holdReads() {
        var latch = new CountDownLatch(1);
        readsHeld = latch;
        return latch;
    }

    CountDownLatch holdCreates() {
        var latch = new CountDownLatch(1);
        createsHeld = latch;
        return latch;
    }

    @Override
    public void create(String key, ObjectContent content) {
        creates.incrementAndGet();
        createdKeys.add(key);
        maxCreatesAtOnce.accumulateAndGet(createsNow.incrementAndGet(), Math::max);
        try {
            await(createsHeld);
            requireUp();
            CreateFault fault = createFaults.poll();
            if (fault == null) {
                delegate.create(key, content);
                return;
            }
            switch (fault) {
                case UNAVAILABLE -> throw new ObjectStoreException(Kind.UNAVAILABLE, "as told", null);
                case REFUSED -> throw new ObjectStoreException(Kind.REFUSED, "as told", null);
                case UNKNOWN_AFTER_SUCCESS -> {
                    delegate.create(key, content);
                    throw new ObjectStoreException(Kind.OUTCOME_UNKNOWN, "as told", null);
                }
                case UNKNOWN_BEFORE -> throw new ObjectStoreException(Kind.OUTCOME_UNKNOWN, "as told", null);
            }
        } finally {
            createsNow.decrementAndGet();
        }
    }

    @Override
    public ByteBuffer read(String key, long position, int length) {
        reads.incrementAndGet();
        readBytes.addAndGet(length);
        await(readsHeld);
        requireUp();
        Kind fault = readFaults.poll();
        if (fault != null) {
            throw new ObjectStoreException(fault, "as told", null);
        }
        return delegate.read(key, position, length);
    }

    @Override
    public long length(String key) {
        requireUp();
        return delegate.length(key);
    }

    @Override
    public void list(String prefix, Consumer<List<StoredObject>> visitor) {
        requireUp();
        delegate.list(prefix, visitor);
    }

    @Override
    public void delete(String key) {
        requireUp();
        delegate.delete(key);
    }

    private void requireUp() {
        if (down) {
            throw new ObjectStoreException(Kind.UNAVAILABLE, "the store is down, as told", null);
        }
    }

    private static void await(@Nullable CountDownLatch latch) {
        try {
            if (latch != null) {
                latch.await();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        delegate.close();
    }
}
