package io.varve.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A loopback port that passes everything on to another, until the network in between is made to fail. Thread-safe.
 */
public final class TcpProxy implements AutoCloseable {
    private static final int BUFFER_BYTES = 64 * 1024;

    private final ServerSocket server;
    private final int target;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private volatile boolean silent;

    private TcpProxy(ServerSocket server, int target) {
        this.server = server;
        this.target = target;
    }

    /** Starts to pass on what comes to {@link #port} to the loopback port {@code target}. */
    public static TcpProxy to(int target) {
        try {
            var proxy = new TcpProxy(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), target);
            Thread.ofVirtual().start(proxy::accept);
            return proxy;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot open a port for the proxy", e);
        }
    }

    /** Where to connect instead of the target. */
    public int port() {
        return server.getLocalPort();
    }

    /** Closes all connections; new ones are taken. */
    public void cut() {
        for (Socket socket : sockets) {
            close(socket);
        }
    }

    /** From now on, or no longer, drops everything in both directions; connections stay open. */
    public void silence(boolean drop) {
        silent = drop;
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                sockets.add(client);
                Socket upstream = new Socket(InetAddress.getLoopbackAddress(), target);
                sockets.add(upstream);
                Thread.ofVirtual().start(() -> pass(client, upstream));
                Thread.ofVirtual().start(() -> pass(upstream, client));
            } catch (IOException e) {
                // The target is down, or the proxy is closing: the client finds out by itself.
                if (!server.isClosed()) {
                    cut();
                }
            }
        }
    }

    private void pass(Socket from, Socket to) {
        byte[] buffer = new byte[BUFFER_BYTES];
        try {
            while (true) {
                int read = from.getInputStream().read(buffer);
                if (read < 0) {
                    break;
                }
                if (!silent) {
                    to.getOutputStream().write(buffer, 0, read);
                }
            }
        } catch (IOException e) {
            // One side is gone: so is the other.
        } finally {
            close(from);
            close(to);
        }
    }

    private void close(Socket socket) {
        sockets.remove(socket);
        try {
            socket.close();
        } catch (IOException e) {
            // Closed is what it was to be.
        }
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot close the proxy's port", e);
        }
        cut();
    }
}
