package io.varve.metadata;

import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.net.URI;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A connection to each etcd member, of which one is used at a time; after a failure the next one's turn comes. Thread-safe.
 */
final class EtcdChannels implements AutoCloseable {
    private static final int KEEP_ALIVE_SECONDS = 10;
    private static final int KEEP_ALIVE_TIMEOUT_SECONDS = 3;
    private static final long RECONNECT_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    private final List<ManagedChannel> channels;
    private final AtomicInteger current = new AtomicInteger();
    private final AtomicLong reconnectedNanos = new AtomicLong(System.nanoTime() - RECONNECT_NANOS);

    EtcdChannels(List<String> endpoints) {
        channels = endpoints.stream().map(EtcdChannels::connect).toList();
    }

    /** The size of what comes in is bounded by what is asked for: a watch that catches up may get a lot at once. */
    private static ManagedChannel connect(String endpoint) {
        URI uri = URI.create(endpoint.contains("://") ? endpoint : "http://" + endpoint);
        int port = uri.getPort() < 0 ? 2379 : uri.getPort();
        NettyChannelBuilder builder = NettyChannelBuilder.forAddress(uri.getHost(), port)
                .maxInboundMessageSize(Integer.MAX_VALUE)
                .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
                .keepAliveTimeout(KEEP_ALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS);
        return "https".equals(uri.getScheme())
                ? builder.useTransportSecurity().build()
                : builder.usePlaintext().build();
    }

    ManagedChannel current() {
        ManagedChannel channel = channels.get(Math.floorMod(current.get(), channels.size()));
        reconnectSoon(channel);
        return channel;
    }

    /** gRPC's own pause between attempts to connect grows to two minutes: far longer than an etcd that is back may be left alone. */
    private void reconnectSoon(ManagedChannel channel) {
        if (channel.getState(false) != ConnectivityState.TRANSIENT_FAILURE) {
            return;
        }
        long last = reconnectedNanos.get();
        long now = System.nanoTime();
        if (now - last >= RECONNECT_NANOS && reconnectedNanos.compareAndSet(last, now)) {
            channel.resetConnectBackoff();
        }
    }

    int size() {
        return channels.size();
    }

    /** Turns to the next member, unless somebody has turned away from {@code failed} already. */
    void turnFrom(ManagedChannel failed) {
        int at = current.get();
        if (channels.get(Math.floorMod(at, channels.size())).equals(failed)) {
            current.compareAndSet(at, at + 1);
        }
    }

    @Override
    public void close() {
        channels.forEach(ManagedChannel::shutdownNow);
    }
}
