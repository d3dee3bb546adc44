package io.varve.metadata;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.net.URI;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A connection to each etcd member, of which one is used at a time; after a failure the next one's turn comes. Thread-safe.
 */
final class EtcdChannels implements AutoCloseable {
    private static final int MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
    private static final int KEEP_ALIVE_SECONDS = 10;
    private static final int KEEP_ALIVE_TIMEOUT_SECONDS = 3;

    private final List<ManagedChannel> channels;
    private final AtomicInteger current = new AtomicInteger();

    EtcdChannels(List<String> endpoints) {
        channels = endpoints.stream().map(EtcdChannels::connect).toList();
    }

    private static ManagedChannel connect(String endpoint) {
        URI uri = URI.create(endpoint.contains("://") ? endpoint : "http://" + endpoint);
        int port = uri.getPort() < 0 ? 2379 : uri.getPort();
        NettyChannelBuilder builder = NettyChannelBuilder.forAddress(uri.getHost(), port)
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
                .keepAliveTimeout(KEEP_ALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS);
        return "https".equals(uri.getScheme())
                ? builder.useTransportSecurity().build()
                : builder.usePlaintext().build();
    }

    ManagedChannel current() {
        return channels.get(Math.floorMod(current.get(), channels.size()));
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
