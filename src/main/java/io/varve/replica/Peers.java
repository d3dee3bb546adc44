package io.varve.replica;

import io.varve.cluster.InternalAddress;
import io.varve.cluster.PartitionRecord.Member;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.function.Function;

/**
 * The way to all other brokers: one connection each, made when it is first needed and shared by all partitions. A member that could not be
 * reached is left alone until the next check. Thread-safe.
 */
public final class Peers implements Replicator, AutoCloseable {
    private final ReplicaSettings settings;
    private final Network network;
    private final Function<Member, Optional<InternalAddress>> addresses;
    private final Map<Member, PeerLink> links = new HashMap<>();
    private boolean closed;

    /** @param addresses where a member is reached; empty when no live broker has its disk */
    public Peers(ReplicaSettings settings, Network network, Function<Member, Optional<InternalAddress>> addresses) {
        this.settings = settings;
        this.network = network;
        this.addresses = addresses;
    }

    /** How often {@link #check} is to be called. */
    public int checkMillis() {
        return Math.max(1, settings.timeoutMillis() / Lookback.CHECKS);
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
                link = new PeerLink(member, settings, network, addresses);
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
