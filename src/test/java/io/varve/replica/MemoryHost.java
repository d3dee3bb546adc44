package io.varve.replica;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Keeps copies in memory. A batch is any bytes here; each counts as one record. */
final class MemoryHost implements CopyHost {
    final Map<SegmentId, Copy> copies = new ConcurrentHashMap<>();
    final AtomicInteger fencedWith = new AtomicInteger(-1);

    /** Held, nothing is begun and no fence is answered. */
    volatile CountDownLatch gate = new CountDownLatch(0);

    /** Why all are refused; null when they are not. */
    volatile @Nullable String refusal;

    final class Copy implements HostedCopy {
        final StringBuilder content = new StringBuilder();
        final AtomicInteger closed = new AtomicInteger();
        final byte[] producers;
        volatile boolean sealed;
        volatile long highWatermark = -1;
        private long end;

        Copy(long baseOffset, byte[] producers) {
            this.end = baseOffset;
            this.producers = producers;
        }

        @Override
        public synchronized void append(int position, ByteBuffer batch, long ownersHighWatermark) {
            String words = refusal;
            if (words != null) {
                throw new ReplicaException(words);
            }
            if (position != content.length()) {
                throw new ReplicaException("position " + position + " is not " + content.length());
            }
            content.append(StandardCharsets.US_ASCII.decode(batch));
            highWatermark = ownersHighWatermark;
            end++;
        }

        @Override
        public void advance(long ownersHighWatermark) {
            highWatermark = ownersHighWatermark;
        }

        @Override
        public synchronized long endOffset() {
            return end;
        }

        @Override
        public synchronized int sizeBytes() {
            return content.length();
        }

        synchronized String text() {
            return content.toString();
        }

        @Override
        public void seal() {
            sealed = true;
        }

        @Override
        public void close() {
            closed.incrementAndGet();
        }
    }

    @Override
    public HostedCopy open(SegmentId segment, byte[] producers) {
        awaitGate();
        String words = refusal;
        if (words != null) {
            throw new ReplicaException(words);
        }
        Copy copy = new Copy(segment.baseOffset(), producers);
        if (copies.putIfAbsent(segment, copy) != null) {
            throw new ReplicaException("none is resumed");
        }
        return copy;
    }

    @Override
    public Optional<CopyEnd> fence(SegmentId segment, int epoch) {
        awaitGate();
        fencedWith.set(epoch);
        return Optional.ofNullable(copies.get(segment))
                .map(copy -> new CopyEnd(copy.endOffset(), copy.sizeBytes(), 77, true));
    }

    private void awaitGate() {
        try {
            if (!gate.await(30, TimeUnit.SECONDS)) {
                throw new ReplicaException("the gate was never opened");
            }
        } catch (InterruptedException e) {
            throw new ReplicaException("interrupted", e);
        }
    }
}
