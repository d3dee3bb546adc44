package io.varve.server;

import io.micrometer.core.instrument.MeterRegistry;
import io.varve.cluster.BrokerRegistration.Announcement;
import io.varve.cluster.InternalAddress;
import io.varve.cluster.LiveBrokers;
import io.varve.cluster.PartitionRecord.Member;
import io.varve.config.HostPort;
import io.varve.config.VarveConfig;
import io.varve.replica.CopyHost;
import io.varve.replica.ForwardHost;
import io.varve.replica.Forwarder;
import io.varve.replica.Forwards;
import io.varve.replica.Identity;
import io.varve.replica.Network;
import io.varve.replica.Peers;
import io.varve.replica.ReplicaServer;
import io.varve.replica.ReplicaSettings;
import io.varve.replica.Replicator;
import io.varve.replica.TcpNetwork;
import io.varve.replica.Versions;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.utils.Time;
import org.jspecify.annotations.Nullable;

/**
 * This broker's place among the others: the port where it takes copies for them, and its way to those that take copies for it. The port is there
 * before the broker says where it is, and is served as soon as there is something to serve.
 */
final class Replication implements AutoCloseable {
    /** What a frame has besides a batch. */
    private static final int FRAME_OVERHEAD_BYTES = 1024;

    /** What a forwarded answer may have besides a batch: a fetch brings this much, and one batch more at most. */
    private static final long ANSWER_OVERHEAD_BYTES = 32L << 20;

    /** How much of the memory for requests in flight may wait for one slow broker: the others go on. */
    private static final long QUEUE_SHARE = 2;

    private final VarveConfig config;
    private final Network network;
    private final Network.Port port;
    private final ThreadFactory threads =
            Thread.ofVirtual().name("varve-internal-", 0).factory();
    private final ScheduledExecutorService timer;
    private @Nullable Peers peers;
    private @Nullable ReplicaServer server;
    private @Nullable Forwards forwards;

    private Replication(VarveConfig config, Network network, Network.Port port, ScheduledExecutorService timer) {
        this.config = config;
        this.network = network;
        this.port = port;
        this.timer = timer;
    }

    /** Takes the port. */
    static Replication listen(VarveConfig config, ScheduledExecutorService timer) throws StartupException {
        HostPort listen = config.internal().listen();
        Network network = new TcpNetwork();
        try {
            Network.Port port = network.listen(new InternalAddress(listen.host(), listen.port()));
            return new Replication(config, network, port, timer);
        } catch (IOException e) {
            throw new StartupException(
                    "varve.internal.listen: cannot listen on " + listen + ": " + e.getMessage()
                            + ": give each broker of a machine a port of its own",
                    1,
                    e);
        }
    }

    /** Where the others are told to connect. */
    InternalAddress address() throws StartupException {
        HostPort listen = new HostPort(config.internal().listen().host(), port.number());
        HostPort told = Addresses.advertised(listen, config.internal().advertised(), "varve.internal.advertised");
        return new InternalAddress(told.host(), told.port());
    }

    /** What both directions need. */
    ReplicaSettings settings(Identity self, SecureRandom random, int maxBatchBytes) {
        return new ReplicaSettings(
                self,
                Versions.CURRENT,
                random,
                Time.SYSTEM,
                threads,
                config.replica().timeoutMillis(),
                (int) Math.min(Integer.MAX_VALUE, (long) maxBatchBytes + FRAME_OVERHEAD_BYTES));
    }

    /** The way to the others. */
    Replicator connect(ReplicaSettings settings, LiveBrokers brokers) {
        Peers made = new Peers(settings, network, member -> address(brokers, member));
        var _ = timer.scheduleAtFixedRate(made::check, made.checkMillis(), made.checkMillis(), TimeUnit.MILLISECONDS);
        peers = made;
        return made;
    }

    /** The way of requests to the others. */
    Forwarder forwardTo(LiveBrokers brokers, ReplicaSettings settings, MeterRegistry meters) {
        long bytes = config.wire().inFlightBytes();
        Forwards made = new Forwards(
                settings,
                network,
                broker -> brokers.find(broker).map(Announcement::internal),
                new Forwards.Bounds(bytes / QUEUE_SHARE, bytes, (int)
                        Math.min(Integer.MAX_VALUE, settings.maxFrameBytes() + ANSWER_OVERHEAD_BYTES)),
                meters);
        var _ = timer.scheduleAtFixedRate(
                made::check, Forwards.CHECK_MILLIS, Forwards.CHECK_MILLIS, TimeUnit.MILLISECONDS);
        forwards = made;
        return made;
    }

    /** Carries out what the others forward, from now on. */
    void takeForwarded(ForwardHost host) {
        if (server != null) {
            server.takeForwarded(host);
        }
    }

    private static Optional<InternalAddress> address(LiveBrokers brokers, Member member) {
        return brokers.find(member.broker())
                .filter(broker -> member.disk().equals(broker.disk()))
                .map(Announcement::internal);
    }

    /** Where to look whether others are still there. */
    Network network() {
        return network;
    }

    /** Takes copies for the others from now on. */
    void serve(ReplicaSettings settings, CopyHost host, ReplicaServer.Departures departures) {
        server = ReplicaServer.start(settings, port, host, departures, timer);
    }

    @Override
    public void close() throws IOException {
        if (forwards != null) {
            forwards.close();
        }
        if (peers != null) {
            peers.close();
        }
        if (server != null) {
            server.close();
        }
        port.close();
    }
}
