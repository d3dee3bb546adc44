package io.varve.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A loopback port that passes everything on to another, until the network in between is made to fail. Thread-safe.
 */
public final class TcpProxy implements AutoCloseable {
    private static final int BUFFER_BYTES = 64 * 1024;
    private static final int BACKLOG = 50;

    /** Which way bytes go: to the target, or back from it. */
    public enum Way {
        THERE,
        BACK
    }

    private final int port;
    private final int target;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition released = lock.newCondition();
    private final Set<Way> held = EnumSet.noneOf(Way.class);
    private @Nullable ServerSocket server;
    private volatile boolean silent;

    private TcpProxy(int port, int target) {
        this.port = port;
        this.target = target;
        listen();
    }

    /** Starts to pass on what comes to {@link #port} to the loopback port {@code target}. */
    public static TcpProxy to(int target) {
        return new TcpProxy(FreePort.find(), target);
    }

    /** Where to connect instead of the target. */
    public int port() {
        return port;
    }

    /** Closes all connections; new ones are taken. */
    public void cut() {
        for (Socket socket : sockets) {
            close(socket);
        }
        wakeHeld();
    }

    /** From now on, or no longer, drops everything in both directions; connections stay open. */
    public void silence(boolean drop) {
        silent = drop;
    }

    /**
     * Keeps back what goes these ways until {@link #release}, as a network does that loses and repeats: nothing is dropped, and what was held
     * arrives late, even of connections that were given up meanwhile.
     */
    public void hold(Set<Way> ways) {
        lock.lock();
        try {
            held.addAll(ways);
        } finally {
            lock.unlock();
        }
    }

    /** Lets everything pass again. */
    public void release() {
        lock.lock();
        try {
            held.clear();
            released.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Ends all connections and refuses new ones, as the host of a process does that has ended. */
    public void refuse() {
        lock.lock();
        try {
            if (server != null) {
                server.close();
                server = null;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot close the proxy's port", e);
        } finally {
            lock.unlock();
        }
        cut();
    }

    /** Takes connections again after {@link #refuse}, on the same port. */
    public void accept() {
        lock.lock();
        try {
            if (server == null) {
                listen();
            }
        } finally {
            lock.unlock();
        }
    }

    private void listen() {
        try {
            ServerSocket socket = new ServerSocket();
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), BACKLOG);
            server = socket;
            Thread.ofVirtual().start(() -> acceptFrom(socket));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot open port " + port + " for the proxy", e);
        }
    }

    private void acceptFrom(ServerSocket from) {
        while (!from.isClosed()) {
            try {
                Socket client = from.accept();
                sockets.add(client);
                Thread.ofVirtual().start(() -> connect(client));
            } catch (IOException e) {
                // The port is closed, which ends the loop, or a client was gone before it was taken.
            }
        }
    }

    private void connect(Socket client) {
        try {
            Socket upstream = new Socket(InetAddress.getLoopbackAddress(), target);
            sockets.add(upstream);
            client.setTcpNoDelay(true);
            upstream.setTcpNoDelay(true);
            Thread.ofVirtual().start(() -> pass(client, upstream, Way.THERE));
            Thread.ofVirtual().start(() -> pass(upstream, client, Way.BACK));
        } catch (IOException e) {
            // The target is down: the client finds out by itself.
            close(client);
        }
    }

    private void pass(Socket from, Socket to, Way way) {
        byte[] buffer = new byte[BUFFER_BYTES];
        try {
            while (true) {
                int read = from.getInputStream().read(buffer);
                if (read < 0) {
                    break;
                }
                awaitRelease(way, to);
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

    private void awaitRelease(Way way, Socket to) {
        lock.lock();
        try {
            while (held.contains(way) && !to.isClosed()) {
                released.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    private void wakeHeld() {
        lock.lock();
        try {
            released.signalAll();
        } finally {
            lock.unlock();
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
        release();
        refuse();
    }
}
