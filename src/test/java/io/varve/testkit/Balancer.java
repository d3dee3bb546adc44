package io.varve.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A load balancer as simple as they come: a loopback port whose connections go to one loopback port after the other, leaving out those where nobody
 * listens. It knows nothing of Kafka. Thread-safe.
 */
public final class Balancer implements AutoCloseable {
    private static final int BUFFER_BYTES = 64 * 1024;

    private final ServerSocket server;
    private final List<Integer> targets;
    private final Set<Integer> used = ConcurrentHashMap.newKeySet();
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private int next;

    private Balancer(ServerSocket server, List<Integer> targets) {
        this.server = server;
        this.targets = List.copyOf(targets);
    }

    /** Starts to share connections out over these ports. */
    public static Balancer over(List<Integer> targets) {
        try {
            var balancer = new Balancer(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), targets);
            Thread.ofVirtual().start(balancer::accept);
            return balancer;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot open a port for the balancer", e);
        }
    }

    public int port() {
        return server.getLocalPort();
    }

    /** The ports that have had a connection. */
    public Set<Integer> used() {
        return Set.copyOf(used);
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                sockets.add(client);
                Thread.ofVirtual().start(() -> serve(client));
            } catch (IOException e) {
                // The balancer is closing.
            }
        }
    }

    private void serve(Socket client) {
        Optional<Socket> found = connect();
        if (found.isEmpty()) {
            close(client);
            return;
        }
        sockets.add(found.get());
        Thread.ofVirtual().start(() -> pass(client, found.get()));
        pass(found.get(), client);
    }

    private Optional<Socket> connect() {
        int first;
        synchronized (this) {
            first = next++;
        }
        for (int i = 0; i < targets.size(); i++) {
            int target = targets.get((first + i) % targets.size());
            try {
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), target);
                used.add(target);
                return Optional.of(socket);
            } catch (IOException down) {
                // The next one, then.
            }
        }
        return Optional.empty();
    }

    private void pass(Socket from, Socket to) {
        byte[] buffer = new byte[BUFFER_BYTES];
        try {
            int read = from.getInputStream().read(buffer);
            while (read >= 0) {
                to.getOutputStream().write(buffer, 0, read);
                read = from.getInputStream().read(buffer);
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
            throw new UncheckedIOException("cannot close the balancer's port", e);
        }
        sockets.forEach(this::close);
    }
}
