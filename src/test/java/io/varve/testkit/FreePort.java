package io.varve.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/** Free loopback ports for the servers that tests start. */
public final class FreePort {
    /** Below what Linux takes for outgoing connections: one of those could take the port of a server that is down for a moment. */
    private static final int FIRST = 15_000;

    private static final int END = 32_000;
    private static final int TRIES = 200;

    private FreePort() {}

    /** A port that was free a moment ago. */
    public static int find() {
        for (int count = 0; count < TRIES; count++) {
            int port = ThreadLocalRandom.current().nextInt(FIRST, END);
            if (isFree(port)) {
                return port;
            }
        }
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException("no free loopback port", e);
        }
    }

    private static boolean isFree(int port) {
        try (var socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }
}
