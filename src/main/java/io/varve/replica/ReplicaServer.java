package io.varve.replica;

import java.io.IOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
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

    private final ReplicaSettings settings;
    private final Network.Port port;
    private final CopyHost host;
    private final Departures departures;
    private final ScheduledExecutorService timer;
    private final Set<Network.Link> links = ConcurrentHashMap.newKeySet();
    private volatile ForwardHost forwards = request -> {
        throw new ReplicaException("this broker does not take forwarded requests yet");
    };
    private volatile boolean closed;

    private ReplicaServer(
            ReplicaSettings settings,
            Network.Port port,
            CopyHost host,
            Departures departures,
            ScheduledExecutorService timer) {
        this.settings = settings;
        this.port = port;
        this.host = host;
        this.departures = departures;
        this.timer = timer;
    }

    /**
     * Takes connections on {@code port} from now on; it is closed with the server.
     *
     * @param departures hears of connections that end
     * @param timer ends connections that do not say who they are in time
     */
    public static ReplicaServer start(
            ReplicaSettings settings,
            Network.Port port,
            CopyHost host,
            Departures departures,
            ScheduledExecutorService timer) {
        ReplicaServer server = new ReplicaServer(settings, port, host, departures, timer);
        settings.run(server::accept);
        return server;
    }

    /** From now on carries out what others forward; until then it is declined. */
    public void takeForwarded(ForwardHost host) {
        forwards = host;
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
                    settings.run(() -> serve(link));
                }
            } catch (IOException e) {
                if (!closed) {
                    LOG.errorf("cannot take an internal connection, will try again. cause=%s", e.getMessage());
                    var _ = timer.schedule(
                            () -> settings.run(this::accept), settings.timeoutMillis(), TimeUnit.MILLISECONDS);
                }
                return;
            }
        }
    }

    private void serve(Network.Link link) {
        try (link) {
            ScheduledFuture<?> bound =
                    timer.schedule(() -> Links.hangUp(link), settings.timeoutMillis(), TimeUnit.MILLISECONDS);
            Handshake.Peer peer;
            try {
                peer = settings.handshake().accept(link);
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
                new PeerSession(link, peer, host, request -> forwards.handle(request), settings).run();
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

    @Override
    public void close() {
        closed = true;
        try {
            port.close();
        } catch (IOException e) {
            LOG.debugf("the internal port did not close cleanly. cause=%s", e.getMessage());
        }
        links.forEach(Links::hangUp);
    }
}
