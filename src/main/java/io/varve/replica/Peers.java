package io.varve.replica;

import io.varve.cluster.PartitionRecord.Member;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ThreadFactory;
import java.util.function.Function;

/**
 * The way to all other brokers: one connection each, made when it is first needed and shared by all partitions. A member that could not be
 * reached is left alone until the next check. Thread-safe.
 */
public final class Peers implements Replicator, AutoCloseable {
    private final Parts parts;
    private final Map<Member, PeerLink> links = new HashMap<>();
    private boolean closed;

    /** What the connections share. */
    record Parts(
            Handshake handshake,
            Network network,
            Function<Member, Optional<PeerAddress>> addresses,
            ThreadFactory threads,
            int timeoutMillis,
            int maxFrameBytes) {

        /** Runs {@code task} on a thread of its own. */
        void run(Runnable task) {
            threads.newThread(task).start();
        }
    }

    /**
     * @param addresses where a member is reached; empty when no live broker has its disk
     * @param threads for connections: two each, and more for a moment
     * @param timeoutMillis how long a member may take to acknowledge; looked at every {@link #checkMillis}
     * @param maxFrameBytes at least the largest batch and 1 KiB
     */
    public Peers(
            Identity self,
            Network network,
            Function<Member, Optional<PeerAddress>> addresses,
            ThreadFactory threads,
            int timeoutMillis,
            int maxFrameBytes) {
        this(self, Versions.CURRENT, network, addresses, threads, timeoutMillis, maxFrameBytes);
    }

    Peers(
            Identity self,
            Versions versions,
            Network network,
            Function<Member, Optional<PeerAddress>> addresses,
            ThreadFactory threads,
            int timeoutMillis,
            int maxFrameBytes) {
        Handshake handshake = new Handshake(self, versions, new SecureRandom());
        parts = new Parts(handshake, network, addresses, threads, timeoutMillis, maxFrameBytes);
    }

    /** How often {@link #check} is to be called. */
    public int checkMillis() {
        return Math.max(1, parts.timeoutMillis() / FedCopy.CHECKS);
    }

    /** Gives up what has not been acknowledged within the time-out. Never blocks; one call at a time. */
    public void check() {
        List<PeerLink> all;
        synchronized (links) {
            links.values().removeIf(PeerLink::isDead);
            all = new ArrayList<>(links.values());
        }
        all.forEach(PeerLink::check);
    }

    @Override
    public SegmentCopy open(Member member, SegmentId segment, byte[] producers, SegmentCopy.Listener listener) {
        return link(member).open(segment, producers, listener);
    }

    @Override
    public Optional<CopyEnd> fence(Member member, SegmentId segment, int epoch) {
        try {
            return link(member).fence(segment, epoch).join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof ReplicaException refused ? refused : e;
        }
    }

    /** A dead connection answers for its member until the next check. */
    private PeerLink link(Member member) {
        synchronized (links) {
            PeerLink link = links.get(member);
            if (link == null) {
                link = new PeerLink(member, parts);
                links.put(member, link);
                if (closed) {
                    link.die("this broker stops");
                } else {
                    link.start();
                }
            }
            return link;
        }
    }

    @Override
    public void close() {
        List<PeerLink> all;
        synchronized (links) {
            closed = true;
            all = new ArrayList<>(links.values());
        }
        all.forEach(link -> link.die("this broker stops"));
    }
}
