package io.varve.replica;

import io.varve.replica.CopyHost.HostedCopy;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A copy as the member's side of the connection sees it. Its beginning may take a while: what comes in that time waits, in order. Thread-safe;
 * the copy hears one call at a time.
 */
final class HostedStream {
    /** What may wait of one stream. An owner has no more in flight for long: it gives up soon. */
    private static final long MAX_WAITING_BYTES = 64L << 20;

    private final long stream;
    private final ReentrantLock lock = new ReentrantLock();
    private final List<ByteBuffer> waiting = new ArrayList<>();
    private long waitingBytes;
    private @Nullable HostedCopy copy;
    private boolean announced;
    private boolean closed;

    HostedStream(long stream) {
        this.stream = stream;
    }

    /**
     * The copy has begun: it gets what has waited.
     *
     * @throws ReplicaException when the copy refuses any of that
     */
    void opened(HostedCopy begun) {
        lock.lock();
        try {
            if (closed) {
                begun.close();
                return;
            }
            copy = begun;
            for (ByteBuffer frame : waiting) {
                apply(begun, frame);
            }
            waiting.clear();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Takes a frame: {@link Frames#APPEND}, {@link Frames#ADVANCE}, {@link Frames#SEAL}.
     *
     * @param frame used during the call only
     * @throws ReplicaException when the copy refuses it
     */
    void take(ByteBuffer frame) {
        lock.lock();
        try {
            HostedCopy begun = copy;
            if (closed) {
                return;
            }
            if (begun != null) {
                apply(begun, frame);
                return;
            }
            waitingBytes += frame.remaining();
            if (waitingBytes > MAX_WAITING_BYTES) {
                throw new ReplicaException(
                        "more than " + MAX_WAITING_BYTES + " bytes came before the copy could begin");
            }
            waiting.add(ByteBuffer.allocate(frame.remaining()).put(frame).flip());
        } finally {
            lock.unlock();
        }
    }

    private static void apply(HostedCopy copy, ByteBuffer frame) {
        byte type = frame.get();
        long _ = frame.getLong();
        if (type == Frames.SEAL) {
            copy.seal();
        } else if (type == Frames.ADVANCE) {
            copy.advance(frame.getLong());
        } else {
            int position = frame.getInt();
            long highWatermark = frame.getLong();
            copy.append(position, frame.slice(), highWatermark);
        }
    }

    /** Says that the copy has begun, and how far it is. */
    List<ByteBuffer> beginning() {
        lock.lock();
        try {
            announced = true;
            List<ByteBuffer> progress = progress();
            return progress.isEmpty() ? progress : List.of(Frames.plain(Frames.OPENED, stream), progress.getFirst());
        } finally {
            lock.unlock();
        }
    }

    /** Says how far the copy is; nothing before {@link #beginning} and after the end. */
    List<ByteBuffer> progress() {
        lock.lock();
        try {
            return copy == null || closed || !announced
                    ? List.of()
                    : List.of(Frames.copied(stream, copy.endOffset(), copy.sizeBytes()));
        } finally {
            lock.unlock();
        }
    }

    /** Feeds the copy no more. */
    void close() {
        lock.lock();
        try {
            if (!closed) {
                closed = true;
                waiting.clear();
                if (copy != null) {
                    copy.close();
                }
            }
        } finally {
            lock.unlock();
        }
    }
}
