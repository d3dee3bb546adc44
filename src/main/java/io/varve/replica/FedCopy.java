package io.varve.replica;

import io.netty.util.ReferenceCounted;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A copy as its owner's side of the connection sees it: how much of it was sent and acknowledged, and the one who hears of that.
 *
 * <p>Locks: the partition calls {@link #append} and the like under its own lock, which take the connection's lock and nothing else. Reports to
 * the listener, which takes the partition's lock, are made under {@link #reports} and never under the connection's.
 */
final class FedCopy implements SegmentCopy {
    private final long stream;
    private final PeerLink link;
    private final Listener listener;
    private final ReentrantLock reports = new ReentrantLock();

    private boolean toldLost;

    /** Used by the checking thread only. */
    private final Lookback sentBefore = new Lookback();

    /** How far it was sent; that it was opened counts as one. */
    private volatile long sent = 1;

    private volatile long acknowledged;

    /** The high watermark of the partition, and the one that the member was told last. */
    private volatile long highWatermark;

    private volatile long toldHighWatermark;

    /** It is looked after by {@link QuietCopies}. */
    private final AtomicBoolean lookedAfter = new AtomicBoolean();

    /** How far it was sent when it was looked at last; used by that thread only. */
    private long sentBeforeLook;

    /** It takes nothing any more. */
    private volatile boolean lost;

    /** Its owner wants to hear nothing more. */
    private volatile boolean closed;

    FedCopy(long stream, PeerLink link, Listener listener) {
        this.stream = stream;
        this.link = link;
        this.listener = listener;
    }

    long stream() {
        return stream;
    }

    /** Whether what is still to be sent of it can be dropped. */
    boolean isLost() {
        return lost || closed;
    }

    @Override
    public void append(int position, ByteBuffer batch, ReferenceCounted hold, long knownHighWatermark) {
        if (!isLost()) {
            sent = 1L + position + batch.remaining();
            toldHighWatermark = Math.max(toldHighWatermark, knownHighWatermark);
            link.send(new Outgoing(
                    Frames.append(stream, position, knownHighWatermark, batch.remaining()),
                    batch.duplicate(),
                    hold.retain(),
                    this));
        }
    }

    @Override
    public void advance(long newHighWatermark) {
        highWatermark = newHighWatermark;
        boolean isNews = newHighWatermark > toldHighWatermark && !isLost() && link.knowsAdvance();
        if (isNews && lookedAfter.compareAndSet(false, true)) {
            link.lookAfter(this);
        }
    }

    /**
     * Tells the member the high watermark if nothing was appended since the last look. Called on one thread.
     *
     * @return whether it is to be looked at again
     */
    boolean tellIfQuiet() {
        long now = sent;
        if (now != sentBeforeLook && !isLost()) {
            sentBeforeLook = now;
            return true;
        }
        // In this order: whoever moves it after this comes back here.
        lookedAfter.set(false);
        long safe = highWatermark;
        if (safe > toldHighWatermark && !isLost()) {
            toldHighWatermark = safe;
            link.send(Outgoing.of(Frames.advance(stream, safe)));
        }
        return false;
    }

    @Override
    public void seal() {
        link.send(Outgoing.of(Frames.plain(Frames.SEAL, stream)));
        link.forget(this);
    }

    @Override
    public void close() {
        closed = true;
        link.send(Outgoing.of(Frames.plain(Frames.CLOSE, stream)));
        link.forget(this);
    }

    void opened() {
        acknowledged = Math.max(acknowledged, 1);
        report(listener::onOpen);
    }

    void copied(long endOffset, int sizeBytes) {
        acknowledged = 1L + sizeBytes;
        report(() -> listener.onCopied(endOffset, sizeBytes));
    }

    private void report(Runnable what) {
        reports.lock();
        try {
            if (!toldLost && !isLost()) {
                what.run();
            }
        } finally {
            reports.unlock();
        }
    }

    /**
     * Whether something that was sent {@link Lookback#CHECKS} checks ago is not acknowledged yet. Called at each check, on one thread.
     */
    boolean isOverdue() {
        long due = sentBefore.exchange(sent);
        return acknowledged < due;
    }

    /** It takes nothing from now on; {@link #reportLost} has to follow, on a thread that holds no lock. */
    void lose() {
        lost = true;
    }

    void reportLost(String reason) {
        reports.lock();
        try {
            if (!toldLost && !closed) {
                toldLost = true;
                listener.onLost(reason);
            }
        } finally {
            reports.unlock();
        }
    }
}
