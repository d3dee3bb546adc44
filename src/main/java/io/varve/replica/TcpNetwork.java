package io.varve.replica;

import io.varve.cluster.InternalAddress;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/** {@link Network} over TCP. */
public final class TcpNetwork implements Network {
    private static final int BACKLOG = 64;

    @Override
    public Link connect(InternalAddress address, int timeoutMillis) throws IOException {
        SocketChannel channel = SocketChannel.open();
        try {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.socket().connect(new InetSocketAddress(address.host(), address.port()), timeoutMillis);
            return new TcpLink(channel);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public boolean isDeserted(InternalAddress address, int timeoutMillis) {
        try (Link _ = connect(address, timeoutMillis)) {
            return false;
        } catch (ConnectException refused) {
            // The only one that is the host's own answer; a time-out of the system is of the same type.
            return String.valueOf(refused.getMessage()).contains("refused");
        } catch (IOException unknown) {
            return false;
        }
    }

    @Override
    public Port listen(InternalAddress address) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open();
        try {
            server.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            server.bind(new InetSocketAddress(address.host(), address.port()), BACKLOG);
            return new TcpPort(server);
        } catch (IOException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    private record TcpPort(ServerSocketChannel server) implements Port {
        @Override
        public int number() {
            return server.socket().getLocalPort();
        }

        @Override
        public Link accept() throws IOException {
            SocketChannel channel = server.accept();
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            return new TcpLink(channel);
        }

        @Override
        public void close() throws IOException {
            server.close();
        }
    }

    private static final class TcpLink implements Link {
        private final SocketChannel channel;
        private final String remote;

        TcpLink(SocketChannel channel) throws IOException {
            this.channel = channel;
            this.remote = String.valueOf(channel.getRemoteAddress());
        }

        @Override
        public int read(ByteBuffer into) throws IOException {
            return channel.read(into);
        }

        @Override
        public void write(ByteBuffer[] buffers) throws IOException {
            int first = 0;
            while (first < buffers.length) {
                if (!buffers[first].hasRemaining()) {
                    first++;
                    continue;
                }
                long _ = channel.write(buffers, first, buffers.length - first);
            }
        }

        @Override
        public String remote() {
            return remote;
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
