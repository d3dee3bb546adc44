package io.varve.replica;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.netty.buffer.ByteBuf;
import io.netty.util.ReferenceCounted;
import io.varve.cluster.InternalAddress;
import io.varve.replica.ForwardException.Outcome;
import io.varve.replica.Forwarder.Answer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The connection by which requests are forwarded to one other broker: one, so that they arrive in the order they were sent, and one of its own, so
 * that large answers do not hold up the acknowledgements of copies. A thread connects and then writes, gathering whatever has been queued while the
 * last write was under way; another reads. When it breaks, everything on it fails at once, each request with what is known of it, and it is not used
 * again. It is given up as well when a request has no answer in time and nothing at all has come in since that was written: a connection that leads
 * nowhere any more does not say so. Thread-safe.
 *
 * <p>What waits to be written is bounded: a request that would go over it fails at once. What has waited for too long is not written any more.
 */
final class ForwardLink {
    private static final Logger LOG = Logger.getLogger(ForwardLink.class);
    private static final int MAX_WRITE_BYTES = 1 << 20;
    private static final int MAX_WRITE_FRAMES = 128;

    /** How long a broker that could not be reached is left alone. */
    private static final int CHECKS_DEAD = 4;

    /** An answer up to here passes whatever else is the matter: what many wait for is small. */
    private static final int SMALL_ANSWER_BYTES = 64 * 1024;

    private final int broker;
    private final Shared shared;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition notEmpty = lock.newCondition();

    @GuardedBy("lock")
    private final ArrayDeque<Frame> queue = new ArrayDeque<>();

    @GuardedBy("lock")
    private final Map<Long, Pending> pending = new HashMap<>();

    @GuardedBy("lock")
    private long queuedBytes;

    @GuardedBy("lock")
    private Network.@Nullable Link link;

    /** Null until the other broker has said who it is. */
    private volatile @Nullable ForwardReader reader;

    @GuardedBy("lock")
    private @Nullable String dead;

    @GuardedBy("lock")
    private long nextNumber = 1;

    @GuardedBy("lock")
    private int checksDead;

    /**
     * What all links of a broker share.
     *
     * @param answers bounds answers that clients have not taken yet
     * @param maxQueuedBytes what may wait to be written to one broker
     * @param maxAnswerBytes a longer one ends the connection
     * @param checkMillis between two calls of {@link #check}
     */
    record Shared(
            ReplicaSettings settings,
            Network network,
            ForwardMetrics metrics,
            ForwardBudget answers,
            long maxQueuedBytes,
            int maxAnswerBytes,
            int checkMillis) {}

    /** Something to be written. */
    private record Frame(
            ByteBuffer head,
            List<ByteBuffer> body,
            @Nullable ReferenceCounted hold,
            @Nullable Pending request) {
        long bytes() {
            long bytes = head.remaining();
            for (ByteBuffer each : body) {
                bytes += each.remaining();
            }
            return bytes;
        }

        void release() {
            if (hold != null) {
                hold.release();
            }
        }
    }

    private final class Pending implements Forwarder.Call {
        final CompletableFuture<Answer> answer = new CompletableFuture<>();
        final long number;
        int checksLeft;
        volatile boolean written;

        /** What had come in when it was written; under the lock. */
        long receivedBefore;

        Pending(long number, int checksLeft) {
            this.number = number;
            this.checksLeft = checksLeft;
        }

        @Override
        public CompletableFuture<Answer> answer() {
            return answer;
        }

        @Override
        public void hurry() {
            lock.lock();
            try {
                if (dead == null && pending.containsKey(number)) {
                    enqueue(new Frame(ForwardFrames.head(ForwardFrames.HURRY, number, 0), List.of(), null, null));
                }
            } finally {
                lock.unlock();
            }
        }

        void fail(String reason) {
            Outcome outcome = written ? Outcome.UNKNOWN : Outcome.NOT_SENT;
            shared.metrics().failed(outcome);
            answer.completeExceptionally(new ForwardException(outcome, "broker " + broker + ": " + reason));
        }
    }

    ForwardLink(int broker, Shared shared) {
        this.broker = broker;
        this.shared = shared;
    }

    /** Connects, in the background. */
    void start(Supplier<Optional<InternalAddress>> address) {
        shared.settings().run(() -> run(address));
    }

    /** Whether it has been dead for a while, so that another may be tried. Called as {@link #check} is. */
    boolean isForgotten() {
        lock.lock();
        try {
            if (dead != null) {
                checksDead++;
            }
            return checksDead > CHECKS_DEAD;
        } finally {
            lock.unlock();
        }
    }

    Forwarder.Call forward(Forwarder.Outbound request) {
        String refusal;
        Pending call;
        lock.lock();
        try {
            call = new Pending(nextNumber++, 1 + request.timeoutMillis() / shared.checkMillis());
            refusal = take(request, call);
        } finally {
            lock.unlock();
        }
        if (refusal != null) {
            call.fail(refusal);
        }
        return call;
    }

    @GuardedBy("lock")
    private @Nullable String take(Forwarder.Outbound request, Pending call) {
        if (dead != null) {
            return dead;
        }
        long bytes = 0;
        for (ByteBuffer each : request.bytes()) {
            bytes += each.remaining();
        }
        if (queuedBytes > 0 && queuedBytes + bytes > shared.maxQueuedBytes()) {
            return "too much waits to be sent to it already";
        }
        ByteBuffer head = ForwardFrames.request(call.number, request.client(), request.address(), (int) bytes);
        request.hold().retain();
        pending.put(call.number, call);
        enqueue(new Frame(head, request.bytes(), request.hold(), call));
        return null;
    }

    @GuardedBy("lock")
    private void enqueue(Frame frame) {
        queue.add(frame);
        queuedBytes += frame.bytes();
        notEmpty.signal();
    }

    private void run(Supplier<Optional<InternalAddress>> address) {
        try {
            InternalAddress where =
                    address.get().orElseThrow(() -> new IOException("it is not known where it can be reached"));
            Network.Link opened =
                    shared.network().connect(where, shared.settings().timeoutMillis());
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
            ForwardReader frames = greet(opened);
            shared.settings().run(() -> read(frames));
            write(opened);
        } catch (IOException e) {
            die(String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            LOG.errorf(e, "the connection for forwarded requests failed. broker=%d", broker);
            die(e.toString());
        }
    }

    private ForwardReader greet(Network.Link opened) throws IOException {
        Handshake.Peer peer = shared.settings().handshake().connect(opened);
        if (peer.broker() != broker) {
            throw new IOException("it is broker " + peer.broker() + ", not broker " + broker);
        }
        if (peer.version() < Versions.FORWARDING) {
            throw new IOException("it speaks version " + peer.version()
                    + " of the internal protocol, which cannot forward requests: upgrade it");
        }
        ForwardReader frames = new ForwardReader(opened, ByteBuffer.allocate(0), shared.maxAnswerBytes());
        reader = frames;
        opened.write(new ByteBuffer[] {ForwardFrames.head(ForwardFrames.FORWARDING, 0, 0)});
        LOG.infof(
                "requests can be forwarded to another broker. broker=%d address=%s incarnation=%s version=%d",
                peer.broker(), opened.remote(), peer.incarnation(), peer.version());
        return frames;
    }

    private void write(Network.Link opened) throws IOException {
        List<Frame> group = new ArrayList<>();
        while (takeGroup(group)) {
            try {
                List<ByteBuffer> buffers = new ArrayList<>(group.size() * 3);
                long bytes = 0;
                for (Frame frame : group) {
                    buffers.add(frame.head());
                    buffers.addAll(frame.body());
                    bytes += frame.bytes();
                }
                opened.write(buffers.toArray(ByteBuffer[]::new));
                shared.metrics().sentBytes.increment((double) bytes);
            } finally {
                group.forEach(Frame::release);
                group.clear();
            }
        }
    }

    /** Blocks until there is something; false when the connection is dead. */
    private boolean takeGroup(List<Frame> group) {
        lock.lock();
        try {
            while (queue.isEmpty() && dead == null) {
                notEmpty.awaitUninterruptibly();
            }
            long bytes = 0;
            while (!queue.isEmpty() && bytes < MAX_WRITE_BYTES && group.size() < MAX_WRITE_FRAMES) {
                Frame frame = queue.poll();
                group.add(frame);
                bytes += frame.bytes();
                if (frame.request() != null) {
                    // From here on nobody can say what has become of it but the owner.
                    frame.request().written = true;
                    frame.request().receivedBefore = receivedBytes();
                }
            }
            queuedBytes -= bytes;
            return dead == null;
        } finally {
            lock.unlock();
        }
    }

    private long receivedBytes() {
        ForwardReader frames = reader;
        return frames == null ? 0 : frames.receivedBytes();
    }

    private void read(ForwardReader frames) {
        try {
            while (frames.next()) {
                take(frames);
            }
            die("it closed the connection");
        } catch (IOException e) {
            die(String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            LOG.errorf(e, "cannot take what another broker answered. broker=%d", broker);
            die(e.toString());
        }
    }

    private void take(ForwardReader frames) throws IOException {
        int bytes = frames.bodyBytes();
        Pending call = remove(frames.number());
        shared.metrics().receivedBytes.increment(bytes);
        if (call == null) {
            // Its time was over.
            frames.skip();
            return;
        }
        try {
            deliver(frames, call);
        } finally {
            if (!call.answer.isDone()) {
                // Nobody else knows of it any more.
                call.fail("its answer did not come whole");
            }
        }
    }

    private void deliver(ForwardReader frames, Pending call) throws IOException {
        switch (frames.type()) {
            case ForwardFrames.ANSWER -> answer(frames, call);
            case ForwardFrames.NOTHING -> {
                frames.skip();
                complete(call, new Answer.Nothing());
            }
            case ForwardFrames.HANG_UP -> complete(call, new Answer.HangUp(frames.words()));
            case ForwardFrames.DECLINED -> {
                String words = frames.words();
                shared.metrics().failed(Outcome.NOT_SENT);
                call.answer.completeExceptionally(
                        new ForwardException(Outcome.NOT_SENT, "broker " + broker + " declines: " + words));
            }
            default -> throw new IOException("a frame of unknown type " + frames.type());
        }
    }

    private void answer(ForwardReader frames, Pending call) throws IOException {
        int bytes = frames.bodyBytes();
        ForwardBudget budget = shared.answers();
        if (bytes <= SMALL_ANSWER_BYTES) {
            budget.takeAnyway(bytes);
        } else if (!budget.tryTake(bytes)) {
            frames.skip();
            shared.metrics().failed(Outcome.ANSWER_DROPPED);
            call.answer.completeExceptionally(new ForwardException(
                    Outcome.ANSWER_DROPPED, "clients have not taken " + budget.usedBytes() + " bytes of answers yet"));
            return;
        }
        ByteBuf body;
        try {
            body = frames.body();
        } catch (IOException | RuntimeException e) {
            budget.returned(bytes);
            throw e;
        }
        complete(call, new Answer.Message(body.nioBuffer(0, bytes), budget.hold(body, bytes)));
    }

    private void complete(Pending call, Answer answer) {
        shared.metrics().answered.increment();
        if (!call.answer.complete(answer) && answer instanceof Answer.Message(var _, var hold)) {
            hold.release();
        }
    }

    private @Nullable Pending remove(long number) {
        lock.lock();
        try {
            return pending.remove(number);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Gives up what has taken too long, and the connection with it when nothing at all comes in. Called by one thread, once in the time between two
     * checks.
     */
    void check() {
        List<Pending> late = new ArrayList<>();
        List<Frame> dropped;
        boolean silent;
        lock.lock();
        try {
            pending.values().removeIf(call -> {
                call.checksLeft--;
                if (call.checksLeft > 0) {
                    return false;
                }
                late.add(call);
                return true;
            });
            if (late.isEmpty()) {
                return;
            }
            dropped = dropGivenUp();
            silent = isSilent(late);
        } finally {
            lock.unlock();
        }
        shared.settings().run(() -> {
            dropped.forEach(Frame::release);
            late.forEach(call -> call.fail("no answer in time"));
        });
        if (silent) {
            die("no answer in time, and nothing else came meanwhile");
        }
    }

    /** Whoever asked has been told that it was not sent: so it must not be. */
    @GuardedBy("lock")
    private List<Frame> dropGivenUp() {
        List<Frame> dropped = new ArrayList<>();
        for (Iterator<Frame> frames = queue.iterator(); frames.hasNext(); ) {
            Frame frame = frames.next();
            if (frame.request() != null && !pending.containsKey(frame.request().number)) {
                frames.remove();
                queuedBytes -= frame.bytes();
                dropped.add(frame);
            }
        }
        return dropped;
    }

    /** A late request that was not written only waits behind others, which are asked themselves, unless the connection has not come about yet. */
    @GuardedBy("lock")
    private boolean isSilent(List<Pending> late) {
        long now = receivedBytes();
        boolean connected = reader != null;
        return late.stream().anyMatch(call -> call.written ? call.receivedBefore == now : !connected);
    }

    /** The connection is over: so is everything on it. Never blocks. */
    void die(String reason) {
        List<Frame> dropped;
        List<Pending> lost;
        Network.Link broken;
        lock.lock();
        try {
            if (dead != null) {
                return;
            }
            dead = reason;
            dropped = new ArrayList<>(queue);
            queue.clear();
            queuedBytes = 0;
            lost = new ArrayList<>(pending.values());
            pending.clear();
            broken = link;
            notEmpty.signalAll();
        } finally {
            lock.unlock();
        }
        LOG.warnf(
                "requests cannot be forwarded to another broker. broker=%d unanswered=%d cause=%s",
                broker, lost.size(), reason);
        shared.settings().run(() -> {
            if (broken != null) {
                Links.hangUp(broken);
            }
            dropped.forEach(Frame::release);
            lost.forEach(call -> call.fail(reason));
        });
    }
}
