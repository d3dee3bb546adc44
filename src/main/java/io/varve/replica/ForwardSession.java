package io.varve.replica;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.netty.buffer.ByteBuf;
import io.netty.util.ReferenceCounted;
import io.varve.replica.ForwardHost.Inbound;
import io.varve.replica.ForwardHost.Response;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;

/**
 * A connection by which another broker forwards requests to this one. One thread reads and begins them in their order, another writes answers as
 * they become ready, in any order.
 *
 * <p>Requests in flight are bounded by their bytes; at the bound the connection is not read. Answers in memory that wait to be written are bounded
 * too; at the bound a further one is dropped and the request declined, which a reader may try again. Only reads have answers of any size.
 */
final class ForwardSession {
    private static final Logger LOG = Logger.getLogger(ForwardSession.class);
    private static final long MAX_IN_FLIGHT_BYTES = 64L << 20;
    private static final long MAX_WAITING_BYTES = 64L << 20;
    private static final int MAX_WRITE_BYTES = 1 << 20;
    private static final int SMALL_BYTES = 64 * 1024;
    private static final int FILE_BUFFER_BYTES = 256 * 1024;
    private static final int MAX_WORDS = 1_000;

    private final Network.Link link;
    private final Handshake.Peer peer;
    private final ForwardHost host;
    private final ReplicaSettings settings;
    private final ForwardReader frames;
    private final ForwardBudget inFlight = new ForwardBudget(MAX_IN_FLIGHT_BYTES);
    private final Map<Long, CompletableFuture<Void>> hurries = new ConcurrentHashMap<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition notEmpty = lock.newCondition();
    private final ByteBuffer fileBuffer = ByteBuffer.allocateDirect(FILE_BUFFER_BYTES);

    @GuardedBy("lock")
    private final ArrayDeque<Outgoing> queue = new ArrayDeque<>();

    @GuardedBy("lock")
    private long waitingBytes;

    @GuardedBy("lock")
    private boolean over;

    /** @param memoryBytes of its pieces */
    private record Outgoing(ByteBuffer head, List<Piece> pieces, long memoryBytes) {
        void release() {
            pieces.forEach(Piece::release);
        }
    }

    /** @param before what was read from the link already */
    ForwardSession(
            Network.Link link, Handshake.Peer peer, ByteBuffer before, ForwardHost host, ReplicaSettings settings) {
        this.link = link;
        this.peer = peer;
        this.host = host;
        this.settings = settings;
        this.frames = new ForwardReader(link, before, settings.maxFrameBytes());
    }

    /** Serves until the connection ends. */
    void run() throws IOException {
        LOG.infof("another broker forwards requests to this one. broker=%d", peer.broker());
        settings.run(this::write);
        try {
            while (frames.next()) {
                take();
            }
        } finally {
            end();
        }
    }

    private void take() throws IOException {
        long number = frames.number();
        switch (frames.type()) {
            case ForwardFrames.REQUEST -> begin(number);
            case ForwardFrames.HURRY -> {
                frames.skip();
                CompletableFuture<Void> hurry = hurries.get(number);
                if (hurry != null) {
                    hurry.complete(null);
                }
            }
            default -> throw new IOException("a frame of unknown type " + frames.type());
        }
    }

    private void begin(long number) throws IOException {
        int bytes = frames.bodyBytes();
        inFlight.take(bytes);
        ByteBuf body;
        try {
            body = frames.body();
        } catch (IOException | RuntimeException e) {
            inFlight.returned(bytes);
            throw e;
        }
        ReferenceCounted hold = inFlight.hold(body, bytes);
        CompletableFuture<Void> hurry = new CompletableFuture<>();
        hurries.put(number, hurry);
        CompletableFuture<Response> response;
        try {
            response = host.handle(inbound(body.nioBuffer(0, bytes), hold, hurry));
        } catch (RuntimeException e) {
            hurries.remove(number);
            hold.release();
            send(words(ForwardFrames.DECLINED, number, String.valueOf(e.getMessage())));
            return;
        }
        CompletableFuture<Void> _ = response.handle((answer, failure) -> {
            hurries.remove(number);
            hold.release();
            send(failure != null ? words(ForwardFrames.HANG_UP, number, failure.toString()) : frame(number, answer));
            return null;
        });
    }

    private Inbound inbound(ByteBuffer body, ReferenceCounted hold, CompletableFuture<Void> hurry) {
        try {
            String client = ForwardFrames.client(body);
            InetAddress address = InetAddress.getByAddress(ForwardFrames.address(body));
            return new Inbound(body.slice(), hold, "broker " + peer.broker() + " for client " + client, address, hurry);
        } catch (UnknownHostException e) {
            throw new ReplicaException("the client's address has a wrong length", e);
        }
    }

    private static Outgoing words(byte type, long number, String words) {
        byte[] all = words.getBytes(StandardCharsets.UTF_8);
        byte[] bytes = Arrays.copyOf(all, Math.min(all.length, MAX_WORDS));
        return new Outgoing(
                ForwardFrames.head(type, number, bytes.length),
                List.of(new Piece.Memory(ByteBuffer.wrap(bytes))),
                bytes.length);
    }

    private static Outgoing frame(long number, Response response) {
        return switch (response) {
            case Response.Nothing _ -> new Outgoing(ForwardFrames.head(ForwardFrames.NOTHING, number, 0), List.of(), 0);
            case Response.HangUp(String reason) -> words(ForwardFrames.HANG_UP, number, reason);
            case Response.Message(List<Piece> pieces) -> {
                long memory = 0;
                long all = 0;
                for (Piece piece : pieces) {
                    all += piece.bytes();
                    memory += piece instanceof Piece.Memory ? piece.bytes() : 0;
                }
                yield new Outgoing(
                        ForwardFrames.head(ForwardFrames.ANSWER, number, Math.toIntExact(all)), pieces, memory);
            }
        };
    }

    /** From any thread; never blocks. */
    private void send(Outgoing frame) {
        boolean dropped;
        lock.lock();
        try {
            dropped = over || (frame.memoryBytes() > SMALL_BYTES && waitingBytes > MAX_WAITING_BYTES);
            if (!over) {
                long number = frame.head().getLong(Integer.BYTES + 1);
                Outgoing sent =
                        dropped ? words(ForwardFrames.DECLINED, number, "too much waits to be sent back") : frame;
                queue.add(sent);
                waitingBytes += sent.memoryBytes();
                notEmpty.signal();
            }
        } finally {
            lock.unlock();
        }
        if (dropped) {
            frame.release();
        }
    }

    private void write() {
        List<Outgoing> group = new ArrayList<>();
        try {
            while (takeGroup(group)) {
                writeGroup(group);
            }
        } catch (IOException e) {
            LOG.debugf("whoever asked is gone. broker=%d cause=%s", peer.broker(), e.getMessage());
        } catch (RuntimeException e) {
            LOG.errorf(e, "cannot answer a forwarded request. broker=%d", peer.broker());
        } finally {
            group.forEach(Outgoing::release);
            // The reader ends with it.
            Links.hangUp(link);
        }
    }

    private boolean takeGroup(List<Outgoing> group) {
        lock.lock();
        try {
            while (queue.isEmpty() && !over) {
                notEmpty.awaitUninterruptibly();
            }
            long bytes = 0;
            while (!queue.isEmpty() && bytes < MAX_WRITE_BYTES) {
                Outgoing frame = queue.poll();
                group.add(frame);
                bytes += frame.head().remaining() + frame.memoryBytes();
                waitingBytes -= frame.memoryBytes();
            }
            return !over;
        } finally {
            lock.unlock();
        }
    }

    private void writeGroup(List<Outgoing> group) throws IOException {
        List<ByteBuffer> gathered = new ArrayList<>();
        for (Outgoing frame : group) {
            gathered.add(frame.head());
            for (Piece piece : frame.pieces()) {
                switch (piece) {
                    case Piece.Memory(ByteBuffer buffer) -> gathered.add(buffer.duplicate());
                    case Piece.File file -> {
                        flush(gathered);
                        copy(file);
                    }
                }
            }
        }
        flush(gathered);
        group.forEach(Outgoing::release);
        group.clear();
    }

    private void flush(List<ByteBuffer> gathered) throws IOException {
        if (!gathered.isEmpty()) {
            link.write(gathered.toArray(ByteBuffer[]::new));
            gathered.clear();
        }
    }

    private void copy(Piece.File file) throws IOException {
        int done = 0;
        while (done < file.bytes()) {
            fileBuffer.clear().limit(Math.min(FILE_BUFFER_BYTES, file.bytes() - done));
            int read = file.channel().read(fileBuffer, file.position() + done);
            if (read < 0) {
                throw new EOFException("a segment file is shorter than what was to be read of it");
            }
            link.write(new ByteBuffer[] {fileBuffer.flip()});
            done += read;
        }
    }

    private void end() {
        List<Outgoing> left;
        lock.lock();
        try {
            over = true;
            left = new ArrayList<>(queue);
            queue.clear();
            notEmpty.signalAll();
        } finally {
            lock.unlock();
        }
        left.forEach(Outgoing::release);
        // Nobody waits for them any more.
        hurries.values().forEach(hurry -> hurry.complete(null));
    }
}
