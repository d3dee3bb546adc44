package io.varve.wire;

import io.micrometer.core.instrument.MeterRegistry;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.varve.broker.Apis;
import io.varve.broker.Request;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;

/** The Kafka listener: binds, accepts within its limits, closes. Thread-safe. */
@SuppressWarnings("FutureReturnValueIgnored") // Netty reports failures on the channel
public final class KafkaServer implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(KafkaServer.class);
    private static final int MAX_READ_BYTES = 1024 * 1024;
    private static final int WRITE_LOW_BYTES = 512 * 1024;
    private static final int WRITE_HIGH_BYTES = 2 * 1024 * 1024;
    private static final int BACKLOG = 1024;

    private final WireSettings settings;
    private final Apis apis;
    private final RequestDecoder decoder;
    private final Executor blocking;
    private final MemoryBudget budget;
    private final WireMetrics metrics;
    private final ConnectionLimits limits;
    private final AtomicLong connectionNumbers = new AtomicLong();
    private final EventLoopGroup acceptors;
    private final EventLoopGroup workers;
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final Channel listener;

    /**
     * Binds the listener and starts to serve.
     *
     * @param blocking runs each task on a virtual thread of its own
     * @throws InterruptedException when interrupted while binding
     */
    public static KafkaServer start(WireSettings settings, Apis apis, Executor blocking, MeterRegistry meters)
            throws InterruptedException {
        return new KafkaServer(settings, apis, blocking, meters);
    }

    private KafkaServer(WireSettings settings, Apis apis, Executor blocking, MeterRegistry meters)
            throws InterruptedException {
        this.settings = settings;
        this.apis = apis;
        this.decoder = new RequestDecoder(apis);
        this.blocking = blocking;
        this.budget = new MemoryBudget(settings.memoryBudgetBytes());
        this.metrics = new WireMetrics(meters, apis.supported(), budget);
        this.limits = new ConnectionLimits(settings.maxConnections(), settings.maxConnectionsPerAddress());
        boolean epoll = Epoll.isAvailable();
        acceptors = group(epoll, 1, "varve-accept");
        workers = group(epoll, settings.threads(), "varve-wire");
        try {
            listener = new ServerBootstrap()
                    .group(acceptors, workers)
                    .channel(epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
                    .option(ChannelOption.SO_BACKLOG, BACKLOG)
                    .option(ChannelOption.SO_REUSEADDR, true)
                    .childOption(ChannelOption.TCP_NODELAY, true)
                    .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                    .childOption(
                            ChannelOption.RCVBUF_ALLOCATOR, new AdaptiveRecvByteBufAllocator(64, 2048, MAX_READ_BYTES))
                    .childOption(
                            ChannelOption.WRITE_BUFFER_WATER_MARK,
                            new WriteBufferWaterMark(WRITE_LOW_BYTES, WRITE_HIGH_BYTES))
                    .childHandler(new Initializer())
                    .bind(settings.host(), settings.port())
                    .sync()
                    .channel();
        } catch (InterruptedException | RuntimeException e) {
            acceptors.shutdownGracefully(0, 0, TimeUnit.SECONDS);
            workers.shutdownGracefully(0, 0, TimeUnit.SECONDS);
            throw e;
        }
        LOG.infof(
                "kafka listener is open. host=%s port=%d transport=%s",
                settings.host(), port(), epoll ? "epoll" : "nio");
    }

    private static EventLoopGroup group(boolean epoll, int threads, String name) {
        DefaultThreadFactory factory = new DefaultThreadFactory(name);
        return epoll ? new EpollEventLoopGroup(threads, factory) : new NioEventLoopGroup(threads, factory);
    }

    private final class Initializer extends ChannelInitializer<SocketChannel> {
        @Override
        protected void initChannel(SocketChannel channel) {
            InetAddress address = channel.remoteAddress().getAddress();
            if (!limits.admit(address)) {
                metrics.refusedConnections.increment();
                LOG.warnf(
                        "refusing a connection: too many are open. address=%s limit=%s",
                        address.getHostAddress(), limits);
                channel.close();
                return;
            }
            connections.add(channel);
            metrics.connections.incrementAndGet();
            channel.closeFuture().addListener(closed -> {
                limits.leave(address);
                metrics.connections.decrementAndGet();
            });
            String id = channel.remoteAddress().getAddress().getHostAddress() + ":"
                    + channel.remoteAddress().getPort() + "-" + connectionNumbers.incrementAndGet();
            Request.Client client =
                    new Request.Client(id, address, channel.localAddress().getPort());
            channel.pipeline()
                    .addLast(new IdleStateHandler(0, 0, settings.maxIdleMillis(), TimeUnit.MILLISECONDS))
                    .addLast(new FrameAssembler(settings.maxFrameBytes()))
                    .addLast(new Connection(
                            apis, decoder, client, blocking, budget, settings.maxRequestsInFlight(), metrics));
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

    /** Closes everything, giving replies under way a moment. */
    @Override
    public void close() {
        stopAccepting();
        connections.close().awaitUninterruptibly(5, TimeUnit.SECONDS);
        acceptors.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
        workers.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
