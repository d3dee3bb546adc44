package io.varve.replica;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * A connection of an owner to this broker. One thread reads and appends straight from what it has read; when all of that is in the copies'
 * files, one answer says how far each of them is. What may take long, the beginning of a copy and a fence, has a thread of its own.
 */
final class PeerSession {
    private static final Logger LOG = Logger.getLogger(PeerSession.class);

    private final Network.Link link;
    private final Handshake.Peer peer;
    private final CopyHost host;
    private final ForwardHost forwards;
    private final ReplicaSettings settings;
    private final Map<Long, HostedStream> streams = new ConcurrentHashMap<>();
    private final ReentrantLock writing = new ReentrantLock();

    /** @param forwards takes over a connection that turns out to be for forwarded requests */
    PeerSession(Network.Link link, Handshake.Peer peer, CopyHost host, ForwardHost forwards, ReplicaSettings settings) {
        this.link = link;
        this.peer = peer;
        this.host = host;
        this.forwards = forwards;
        this.settings = settings;
    }

    /** Serves until the connection ends. */
    void run() throws IOException {
        try {
            FrameReader frames = new FrameReader(link, settings.maxFrameBytes());
            Map<Long, HostedStream> touched = new LinkedHashMap<>();
            while (frames.fill()) {
                for (ByteBuffer frame = frames.poll(); frame != null; frame = frames.poll()) {
                    if (isForForwarding(frame)) {
                        new ForwardSession(link, peer, frames.rest(), forwards, settings).run();
                        return;
                    }
                    take(frame, touched);
                }
                if (!touched.isEmpty()) {
                    acknowledge(touched);
                    touched.clear();
                }
            }
        } finally {
            streams.values().forEach(HostedStream::close);
        }
    }

    private boolean isForForwarding(ByteBuffer frame) {
        return peer.version() >= Versions.FORWARDING && frame.get(0) == ForwardFrames.FORWARDING && streams.isEmpty();
    }

    private void take(ByteBuffer frame, Map<Long, HostedStream> touched) throws IOException {
        byte type = frame.get(0);
        long stream = frame.getLong(1);
        switch (type) {
            case Frames.OPEN -> open(stream, frame.position(Frames.HEAD_BYTES));
            case Frames.APPEND, Frames.SEAL -> {
                HostedStream hosted = streams.get(stream);
                if (hosted != null) {
                    feed(stream, hosted, frame, touched);
                }
                if (type == Frames.SEAL) {
                    // Nothing follows: what is forgotten here need not be closed.
                    streams.remove(stream);
                }
            }
            case Frames.ADVANCE -> {
                HostedStream hosted = streams.get(stream);
                if (hosted != null) {
                    advance(stream, hosted, frame);
                }
            }
            case Frames.CLOSE -> {
                HostedStream hosted = streams.remove(stream);
                if (hosted != null) {
                    hosted.close();
                }
            }
            case Frames.FENCE -> fence(stream, frame.position(Frames.HEAD_BYTES));
            default -> throw new IOException("a frame of unknown type " + type);
        }
    }

    private void feed(long stream, HostedStream hosted, ByteBuffer frame, Map<Long, HostedStream> touched)
            throws IOException {
        try {
            hosted.take(frame);
            touched.put(stream, hosted);
        } catch (RuntimeException e) {
            touched.remove(stream);
            refuse(stream, hosted, e);
        }
    }

    /** Nobody waits for an answer to that. */
    private void advance(long stream, HostedStream hosted, ByteBuffer frame) throws IOException {
        try {
            hosted.take(frame);
        } catch (RuntimeException e) {
            refuse(stream, hosted, e);
        }
    }

    private void open(long stream, ByteBuffer frame) {
        SegmentId segment = Frames.segment(frame);
        byte[] producers = Frames.rest(frame);
        HostedStream hosted = new HostedStream(stream);
        streams.put(stream, hosted);
        settings.run(() -> answering(() -> begin(stream, hosted, segment, producers)));
    }

    private void begin(long stream, HostedStream hosted, SegmentId segment, byte[] producers) throws IOException {
        try {
            hosted.opened(host.open(segment, producers));
        } catch (RuntimeException e) {
            refuse(stream, hosted, e);
            return;
        }
        sendProgress(List.of(hosted::beginning));
    }

    private void fence(long number, ByteBuffer frame) {
        SegmentId segment = Frames.segment(frame);
        int epoch = frame.getInt();
        settings.run(() -> answering(() -> send(List.of(fenced(number, segment, epoch)))));
    }

    private ByteBuffer fenced(long number, SegmentId segment, int epoch) {
        try {
            return host.fence(segment, epoch)
                    .map(end -> Frames.fenced(number, end))
                    .orElseGet(() -> Frames.plain(Frames.NO_COPY, number));
        } catch (RuntimeException e) {
            return Frames.words(Frames.REFUSED, number, words(e));
        }
    }

    /** Something that ends with an answer. */
    private interface Answering {
        void run() throws IOException;
    }

    private void answering(Answering step) {
        try {
            step.run();
        } catch (IOException e) {
            LOG.debugf("whoever asked is gone. broker=%d cause=%s", peer.broker(), e.getMessage());
        }
    }

    private void refuse(long stream, HostedStream hosted, RuntimeException cause) throws IOException {
        streams.remove(stream);
        hosted.close();
        if (!(cause instanceof ReplicaException)) {
            LOG.errorf(cause, "a copy failed. owner=%d", peer.broker());
        }
        send(List.of(Frames.words(Frames.LOST, stream, words(cause))));
    }

    private static String words(RuntimeException cause) {
        Throwable root = cause.getCause();
        return cause.getMessage() + (root == null ? "" : ": " + root.getMessage());
    }

    private void acknowledge(Map<Long, HostedStream> touched) throws IOException {
        List<Supplier<List<ByteBuffer>>> news = new ArrayList<>(touched.size());
        for (HostedStream hosted : touched.values()) {
            news.add(hosted::progress);
        }
        sendProgress(news);
    }

    /** Asks and writes in one step: what one thread has asked is never written behind what another has asked later (rule 3). */
    private void sendProgress(List<Supplier<List<ByteBuffer>>> news) throws IOException {
        writing.lock();
        try {
            List<ByteBuffer> frames = new ArrayList<>(news.size());
            news.forEach(each -> frames.addAll(each.get()));
            if (!frames.isEmpty()) {
                send(frames);
            }
        } finally {
            writing.unlock();
        }
    }

    private void send(List<ByteBuffer> frames) throws IOException {
        writing.lock();
        try {
            link.write(frames.toArray(ByteBuffer[]::new));
        } finally {
            writing.unlock();
        }
    }
}
