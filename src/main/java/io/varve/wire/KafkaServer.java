package io.varve.wire;

import io.micrometer.core.instrument.MeterRegistry;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.varve.broker.Apis;
import io.varve.broker.Request;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;

/** The Kafka listener: binds, accepts within its limits, closes. Thread-safe. */
@SuppressWarnings("FutureReturnValueIgnored") // Netty reports failures on the channel
public final class KafkaServer implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(KafkaServer.class);
    private static final int WRITE_LOW_BYTES = 512 * 1024;
    private static final int WRITE_HIGH_BYTES = 2 * 1024 * 1024;
    private static final int BACKLOG = 1024;
    private static final Duration STALL = Duration.ofSeconds(10);
    private static final Duration DRAIN = Duration.ofSeconds(2);
    private static final Duration SHUTDOWN = Duration.ofSeconds(5);

    private final WireSettings settings;
    private final WireMetrics metrics;
    private final ConnectionLimits limits;
    private final Connection.Shared shared;
    private final AtomicLong connectionNumbers = new AtomicLong();
    private final EventLoopGroup acceptors;
    private final EventLoopGroup workers;
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    private final Channel listener;

    /**
     * Binds the listener and starts to serve.
     *
     * @param blocking runs each task on a virtual thread of its own
     * @throws InterruptedException when interrupted while binding
     * @throws UncheckedIOException when the address cannot be bound
     */
    public static KafkaServer start(WireSettings settings, Apis apis, Executor blocking, MeterRegistry meters)
            throws InterruptedException {
        return new KafkaServer(
                settings, apis, blocking, meters, new Inner(Transport.best(), PooledByteBufAllocator.DEFAULT, STALL));
    }

    /**
     * What only tests choose differently.
     *
     * @param stall time between two looks at a large frame on its way in
     */
    record Inner(Transport transport, ByteBufAllocator allocator, Duration stall) {}

    KafkaServer(WireSettings settings, Apis apis, Executor blocking, MeterRegistry meters, Inner inner)
            throws InterruptedException {
        this.settings = settings;
        MemoryBudget budget = new MemoryBudget(settings.memoryBudgetBytes());
        metrics = new WireMetrics(meters, settings.listener(), apis.supported(), budget);
        shared = new Connection.Shared(
                apis,
                new RequestDecoder(apis),
                blocking,
                budget,
                settings.maxRequestsInFlight(),
                inner.stall().toMillis(),
                metrics);
        limits = new ConnectionLimits(settings.maxConnections(), settings.maxConnectionsPerAddress());
        acceptors = inner.transport().group(1, "varve-accept");
        workers = inner.transport().group(settings.threads(), "varve-wire");
        listener = bind(inner);
        LOG.infof(
                "kafka listener is open. listener=%s host=%s port=%d transport=%s",
                settings.listener(),
                settings.host(),
                port(),
                inner.transport().name().toLowerCase(Locale.ROOT));
    }

    private Channel bind(Inner inner) throws InterruptedException {
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(acceptors, workers)
                .channel(inner.transport().listener())
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childOption(ChannelOption.ALLOCATOR, inner.allocator())
                .childOption(
                        ChannelOption.WRITE_BUFFER_WATER_MARK,
                        new WriteBufferWaterMark(WRITE_LOW_BYTES, WRITE_HIGH_BYTES))
                .childHandler(new Initializer());
        if (settings.receiveBufferBytes() != WireSettings.SYSTEM_DEFAULT) {
            // On the listener too: a window over 64 KiB has to be agreed on when the connection is made.
            bootstrap.option(ChannelOption.SO_RCVBUF, settings.receiveBufferBytes());
            bootstrap.childOption(ChannelOption.SO_RCVBUF, settings.receiveBufferBytes());
        }
        if (settings.sendBufferBytes() != WireSettings.SYSTEM_DEFAULT) {
            bootstrap.childOption(ChannelOption.SO_SNDBUF, settings.sendBufferBytes());
        }
        boolean bound = false;
        try {
            var binding = bootstrap.bind(settings.host(), settings.port()).await();
            if (!binding.isSuccess()) {
                throw new UncheckedIOException(
                        "cannot listen on " + settings.host() + ":" + settings.port()
                                + ": is the port in use, or the address not this machine's?",
                        binding.cause() instanceof IOException io ? io : new IOException(binding.cause()));
            }
            bound = true;
            return binding.channel();
        } finally {
            if (!bound) {
                acceptors.shutdownGracefully(0, 0, TimeUnit.SECONDS);
                workers.shutdownGracefully(0, 0, TimeUnit.SECONDS);
            }
        }
    }

    private final class Initializer extends ChannelInitializer<SocketChannel> {
        @Override
        protected void initChannel(SocketChannel channel) {
            InetSocketAddress remote = channel.remoteAddress();
            InetAddress address = remote.getAddress();
            if (!limits.admit(address)) {
                metrics.refusedConnections.increment();
                LOG.warnf(
                        "refusing a connection: too many are open. address=%s limit=%s",
                        address.getHostAddress(), limits);
                channel.close();
                return;
            }
            metrics.connections.incrementAndGet();
            channel.closeFuture().addListener(closed -> {
                limits.leave(address);
                metrics.connections.decrementAndGet();
            });
            String id = address.getHostAddress() + ":" + remote.getPort() + "-" + connectionNumbers.incrementAndGet();
            Request.Client client =
                    new Request.Client(id, address, channel.localAddress().getPort());
            FrameAssembler assembler = new FrameAssembler(settings.maxFrameBytes());
            channel.config().setRecvByteBufAllocator(new FrameReadAllocator(assembler));
            // The connection, and with it every handler, runs on the event loop: naming another executor group here
            // moves it there.
            channel.pipeline()
                    .addLast(new IdleStateHandler(true, 0, 0, settings.maxIdleMillis(), TimeUnit.MILLISECONDS))
                    .addLast(assembler)
                    .addLast(new Connection(shared, client));
            connections.add(channel);
        }
    }

    /** The port it listens on. */
    public int port() {
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    /** Stops accepting; connections that are open stay. */
    public void stopAccepting() {
        listener.close().awaitUninterruptibly();
    }

    /** Stops accepting, gives requests that were begun a moment to be answered, and closes every connection; takes a few seconds at most. */
    @Override
    public void close() {
        stopAccepting();
        for (Channel connection : connections) {
            connection.pipeline().fireUserEventTriggered(Connection.Order.DRAIN);
        }
        if (!connections.newCloseFuture().awaitUninterruptibly(DRAIN.toMillis())) {
            LOG.infof("closing connections with requests in flight. connections=%d", connections.size());
        }
        connections.close().awaitUninterruptibly(SHUTDOWN.toMillis());
        acceptors
                .shutdownGracefully(0, SHUTDOWN.toMillis(), TimeUnit.MILLISECONDS)
                .awaitUninterruptibly();
        workers.shutdownGracefully(0, SHUTDOWN.toMillis(), TimeUnit.MILLISECONDS)
                .awaitUninterruptibly();
    }
}
