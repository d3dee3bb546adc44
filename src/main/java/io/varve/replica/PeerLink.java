package io.varve.replica;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.varve.cluster.InternalAddress;
import io.varve.cluster.PartitionRecord.Member;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The connection to one member: all copies there and all fences go through it. A thread connects and then writes, gathering whatever has been
 * queued while the last write was under way; another reads. When it breaks, everything on it is lost, and it is not used again. Thread-safe.
 *
 * <p>The queue is bounded by what is appended: a batch counts as a request in flight until it is sent.
 */
final class PeerLink {
    private static final Logger LOG = Logger.getLogger(PeerLink.class);
    private static final int MAX_WRITE_BYTES = 1 << 20;
    private static final int MAX_WRITE_FRAMES = 256;

    private final Member member;
    private final ReplicaSettings settings;
    private final Network network;
    private final Function<Member, Optional<InternalAddress>> addresses;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition notEmpty = lock.newCondition();

    @GuardedBy("lock")
    private final ArrayDeque<Outgoing> queue = new ArrayDeque<>();

    @GuardedBy("lock")
    private final Map<Long, FedCopy> copies = new HashMap<>();

    @GuardedBy("lock")
    private final Map<Long, PendingFence> fences = new HashMap<>();

    @GuardedBy("lock")
    private Network.@Nullable Link link;

    @GuardedBy("lock")
    private @Nullable String dead;

    @GuardedBy("lock")
    private long nextStream = 1;

    private volatile boolean connected;
    private volatile long received;

    /** What both sides speak; known once it is connected. */
    private volatile int version;

    private final QuietCopies quiet;

    private final Lookback receivedBefore = new Lookback();

    private static final class PendingFence {
        final CompletableFuture<Optional<CopyEnd>> answer = new CompletableFuture<>();
        int checksLeft = Lookback.CHECKS + 1;
    }

    PeerLink(
            Member member,
            ReplicaSettings settings,
            Network network,
            Function<Member, Optional<InternalAddress>> addresses) {
        this.member = member;
        this.settings = settings;
        this.network = network;
        this.addresses = addresses;
        this.quiet = new QuietCopies(settings);
    }

    /** Connects, in the background. */
    void start() {
        settings.run(this::run);
    }

    boolean isDead() {
        lock.lock();
        try {
            return dead != null;
        } finally {
            lock.unlock();
        }
    }

    SegmentCopy open(SegmentId segment, byte[] producers, SegmentCopy.Listener listener) {
        FedCopy copy;
        String reason;
        lock.lock();
        try {
            copy = new FedCopy(nextStream++, this, listener);
            reason = dead;
            if (reason == null) {
                copies.put(copy.stream(), copy);
                enqueue(Outgoing.of(Frames.open(copy.stream(), segment, producers)));
            }
        } finally {
            lock.unlock();
        }
        if (reason != null) {
            copy.lose();
            settings.run(() -> copy.reportLost(reason));
        }
        return copy;
    }

    CompletableFuture<Optional<CopyEnd>> fence(SegmentId segment, int epoch) {
        PendingFence fence = new PendingFence();
        lock.lock();
        try {
            if (dead != null) {
                fence.answer.completeExceptionally(unreachable(dead));
                return fence.answer;
            }
            long number = nextStream++;
            fences.put(number, fence);
            enqueue(Outgoing.of(Frames.fence(number, segment, epoch)));
        } finally {
            lock.unlock();
        }
        return fence.answer;
    }

    private ReplicaException unreachable(String reason) {
        return new ReplicaException("broker " + member.broker() + " cannot be reached: " + reason);
    }

    /** Whether the member has the word for a high watermark without a batch. */
    boolean knowsAdvance() {
        return version >= Frames.FIRST_VERSION_WITH_ADVANCE;
    }

    /** The high watermark of one has moved: its member is to hear of it. */
    void lookAfter(FedCopy copy) {
        quiet.add(copy);
    }

    void send(Outgoing frame) {
        lock.lock();
        try {
            if (dead == null) {
                enqueue(frame);
                return;
            }
        } finally {
            lock.unlock();
        }
        frame.release();
    }

    @GuardedBy("lock")
    private void enqueue(Outgoing frame) {
        queue.add(frame);
        notEmpty.signal();
    }

    /** Nothing is expected of the copy any more. */
    void forget(FedCopy copy) {
        lock.lock();
        try {
            copies.remove(copy.stream());
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        try {
            InternalAddress address = addresses
                    .apply(member)
                    .orElseThrow(() -> new IOException("no live broker has disk " + member.disk()));
            Network.Link opened = network.connect(address, settings.timeoutMillis());
            lock.lock();
            try {
                if (dead != null) {
                    Links.hangUp(opened);
                    return;
                }
                link = opened;
            } finally {
                lock.unlock();
            }
            greet(opened);
            settings.run(() -> read(opened));
            write(opened);
        } catch (IOException e) {
            die(String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            LOG.errorf(e, "the connection to another broker failed. broker=%d", member.broker());
            die(e.toString());
        }
    }

    private void greet(Network.Link opened) throws IOException {
        Handshake.Peer peer = settings.handshake().connect(opened);
        if (peer.broker() != member.broker() || !peer.disk().equals(member.disk())) {
            throw new IOException("it is broker " + peer.broker() + " with disk " + peer.disk() + ", not broker "
                    + member.broker() + " with disk " + member.disk());
        }
        version = peer.version();
        connected = true;
        LOG.infof(
                "connected to another broker. broker=%d address=%s incarnation=%s version=%d",
                peer.broker(), opened.remote(), peer.incarnation(), peer.version());
    }

    private void write(Network.Link opened) throws IOException {
        List<Outgoing> group = new ArrayList<>();
        while (takeGroup(group)) {
            try {
                opened.write(buffers(group));
            } finally {
                group.forEach(Outgoing::release);
                group.clear();
            }
        }
    }

    /** Blocks until there is something; false when the connection is dead. */
    private boolean takeGroup(List<Outgoing> group) {
        lock.lock();
        try {
            while (queue.isEmpty() && dead == null) {
                notEmpty.awaitUninterruptibly();
            }
            long bytes = 0;
            while (!queue.isEmpty() && bytes < MAX_WRITE_BYTES && group.size() < MAX_WRITE_FRAMES) {
                Outgoing frame = queue.poll();
                group.add(frame);
                bytes += frame.bytes();
            }
            return dead == null;
        } finally {
            lock.unlock();
        }
    }

    private static ByteBuffer[] buffers(List<Outgoing> group) {
        List<ByteBuffer> buffers = new ArrayList<>(group.size() * 2);
        for (Outgoing frame : group) {
            if (frame.isWanted()) {
                buffers.add(frame.head());
                if (frame.body() != null) {
                    buffers.add(frame.body());
                }
            }
        }
        return buffers.toArray(ByteBuffer[]::new);
    }

    private void read(Network.Link opened) {
        try {
            FrameReader frames = new FrameReader(opened, settings.maxFrameBytes());
            long count = 0;
            while (frames.fill()) {
                for (ByteBuffer frame = frames.poll(); frame != null; frame = frames.poll()) {
                    received = ++count;
                    take(frame);
                }
            }
            die("it closed the connection");
        } catch (IOException e) {
            die(String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            LOG.errorf(e, "cannot take what another broker answered. broker=%d", member.broker());
            die(e.toString());
        }
    }

    private void take(ByteBuffer frame) throws IOException {
        byte type = frame.get();
        long stream = frame.getLong();
        switch (type) {
            case Frames.OPENED -> find(stream).ifPresent(FedCopy::opened);
            case Frames.COPIED -> {
                long endOffset = frame.getLong();
                int size = frame.getInt();
                find(stream).ifPresent(copy -> copy.copied(endOffset, size));
            }
            case Frames.LOST -> {
                String words = Frames.words(frame);
                find(stream).ifPresent(copy -> lose(copy, words));
            }
            case Frames.FENCED -> answer(stream, Optional.of(Frames.end(frame)));
            case Frames.NO_COPY -> answer(stream, Optional.empty());
            case Frames.REFUSED -> refuse(stream, new ReplicaException(Frames.words(frame)));
            default -> throw new IOException("a frame of unknown type " + type);
        }
    }

    private Optional<FedCopy> find(long stream) {
        lock.lock();
        try {
            return Optional.ofNullable(copies.get(stream));
        } finally {
            lock.unlock();
        }
    }

    private void answer(long number, Optional<CopyEnd> end) {
        takeFence(number).ifPresent(fence -> fence.answer.complete(end));
    }

    private void refuse(long number, ReplicaException reason) {
        takeFence(number).ifPresent(fence -> fence.answer.completeExceptionally(reason));
    }

    private Optional<PendingFence> takeFence(long number) {
        lock.lock();
        try {
            return Optional.ofNullable(fences.remove(number));
        } finally {
            lock.unlock();
        }
    }

    /** Without a lock. */
    private void lose(FedCopy copy, String reason) {
        forget(copy);
        copy.lose();
        copy.reportLost(reason);
    }

    /** Gives up what has not been answered for the time-out. Called by one thread, {@link Lookback#CHECKS} times within it. */
    void check() {
        List<FedCopy> overdue = new ArrayList<>();
        List<CompletableFuture<Optional<CopyEnd>>> silent = new ArrayList<>();
        lock.lock();
        try {
            for (FedCopy copy : copies.values()) {
                if (copy.isOverdue()) {
                    overdue.add(copy);
                }
            }
            fences.values().removeIf(fence -> {
                fence.checksLeft--;
                if (fence.checksLeft > 0) {
                    return false;
                }
                silent.add(fence.answer);
                return true;
            });
        } finally {
            lock.unlock();
        }
        long now = received;
        boolean isSilent = now == receivedBefore.exchange(now);
        String words = "no acknowledgement for " + settings.timeoutMillis() + " ms";
        ReplicaException noAnswer = unreachable("no answer for " + settings.timeoutMillis() + " ms");
        silent.forEach(answer -> answer.completeExceptionally(noAnswer));
        if (isSilent && !(overdue.isEmpty() && silent.isEmpty())) {
            die(words);
            return;
        }
        for (FedCopy copy : overdue) {
            send(Outgoing.of(Frames.plain(Frames.CLOSE, copy.stream())));
            settings.run(() -> lose(copy, words));
        }
    }

    /** The connection is over: so is everything on it. Never blocks; called without a lock. */
    void die(String reason) {
        List<Outgoing> dropped;
        List<FedCopy> lost;
        List<PendingFence> unanswered;
        Network.Link broken;
        lock.lock();
        try {
            if (dead != null) {
                return;
            }
            dead = reason;
            dropped = new ArrayList<>(queue);
            queue.clear();
            lost = new ArrayList<>(copies.values());
            copies.clear();
            unanswered = new ArrayList<>(fences.values());
            fences.clear();
            broken = link;
            notEmpty.signalAll();
        } finally {
            lock.unlock();
        }
        dropped.forEach(Outgoing::release);
        lost.forEach(FedCopy::lose);
        settings.run(() -> {
            if (broken != null) {
                Links.hangUp(broken);
            }
            unanswered.forEach(fence -> fence.answer.completeExceptionally(unreachable(reason)));
            lost.forEach(copy -> copy.reportLost("broker " + member.broker() + ": " + reason));
        });
        LOG.warnf(
                "%s. broker=%d copies=%d cause=%s",
                connected ? "lost the connection to another broker" : "cannot connect to another broker",
                member.broker(),
                lost.size(),
                reason);
    }
}
