package io.varve.replica;

import java.io.IOException;
import java.security.SecureRandom;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** Takes the connections of other brokers, which keep copies here and fence them. Thread-safe. */
public final class ReplicaServer implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(ReplicaServer.class);

    /** Far more than a cluster has brokers, with some that have died and are not known to have. */
    private static final int MAX_CONNECTIONS = 1_000;

    /** Hears that the connection of another broker has ended. Called on a thread that may block. */
    public interface Departures {
        void onGone(int broker, String incarnation);
    }

    private final Network.Port port;
    private final Handshake handshake;
    private final CopyHost host;
    private final Departures departures;
    private final ThreadFactory threads;
    private final ScheduledExecutorService timer;
    private final int timeoutMillis;
    private final int maxFrameBytes;
    private final Set<Network.Link> links = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    private ReplicaServer(
            Network.Port port,
            Handshake handshake,
            CopyHost host,
            Departures departures,
            ThreadFactory threads,
            ScheduledExecutorService timer,
            int timeoutMillis,
            int maxFrameBytes) {
        this.port = port;
        this.handshake = handshake;
        this.host = host;
        this.departures = departures;
        this.threads = threads;
        this.timer = timer;
        this.timeoutMillis = timeoutMillis;
        this.maxFrameBytes = maxFrameBytes;
    }

    /**
     * Takes connections on {@code port} from now on; it is closed with the server.
     *
     * @param departures hears of connections that end
     * @param threads for connections: one each, and more for a moment
     * @param timer ends connections that do not say who they are within {@code timeoutMillis}
     * @param maxFrameBytes what a batch may have, and 1 KiB more
     */
    public static ReplicaServer start(
            Identity self,
            Network.Port port,
            CopyHost host,
            Departures departures,
            ThreadFactory threads,
            ScheduledExecutorService timer,
            int timeoutMillis,
            int maxFrameBytes) {
        return start(self, Versions.CURRENT, port, host, departures, threads, timer, timeoutMillis, maxFrameBytes);
    }

    static ReplicaServer start(
            Identity self,
            Versions versions,
            Network.Port port,
            CopyHost host,
            Departures departures,
            ThreadFactory threads,
            ScheduledExecutorService timer,
            int timeoutMillis,
            int maxFrameBytes) {
        Handshake handshake = new Handshake(self, versions, new SecureRandom());
        ReplicaServer server =
                new ReplicaServer(port, handshake, host, departures, threads, timer, timeoutMillis, maxFrameBytes);
        threads.newThread(server::accept).start();
        return server;
    }

    private void accept() {
        while (!closed) {
            try {
                Network.Link link = port.accept();
                if (links.size() >= MAX_CONNECTIONS) {
                    LOG.warnf("refused an internal connection: there are %d. from=%s", MAX_CONNECTIONS, link.remote());
                    link.close();
                } else {
                    links.add(link);
                    if (closed) {
                        // Too late for the close under way to find it.
                        link.close();
                    }
                    threads.newThread(() -> serve(link)).start();
                }
            } catch (IOException e) {
                if (!closed) {
                    LOG.errorf("cannot take an internal connection, will try again. cause=%s", e.getMessage());
                    var _ = timer.schedule(
                            () -> threads.newThread(this::accept).start(), timeoutMillis, TimeUnit.MILLISECONDS);
                }
                return;
            }
        }
    }

    private void serve(Network.Link link) {
        try (link) {
            ScheduledFuture<?> bound = timer.schedule(() -> close(link), timeoutMillis, TimeUnit.MILLISECONDS);
            Handshake.Peer peer;
            try {
                peer = handshake.accept(link);
            } catch (IOException e) {
                LOG.warnf("refused an internal connection. from=%s cause=%s", link.remote(), e.getMessage());
                return;
            } finally {
                bound.cancel(false);
            }
            LOG.infof(
                    "another broker is connected. broker=%d incarnation=%s version=%d",
                    peer.broker(), peer.incarnation(), peer.version());
            try {
                new PeerSession(link, peer, host, threads, maxFrameBytes).run();
            } finally {
                if (!closed) {
                    departures.onGone(peer.broker(), peer.incarnation());
                }
            }
        } catch (IOException e) {
            LOG.infof("an internal connection has ended. from=%s cause=%s", link.remote(), e.getMessage());
        } catch (RuntimeException e) {
            LOG.errorf(e, "an internal connection failed. from=%s", link.remote());
        } finally {
            links.remove(link);
        }
    }

    private static void close(Network.Link link) {
        try {
            link.close();
        } catch (IOException e) {
            LOG.debugf("a connection did not close cleanly. cause=%s", e.getMessage());
        }
    }

    @Override
    public void close() {
        closed = true;
        try {
            port.close();
        } catch (IOException e) {
            LOG.debugf("the internal port did not close cleanly. cause=%s", e.getMessage());
        }
        links.forEach(ReplicaServer::close);
    }
}
