package io.varve.replica;

/** Where another broker takes internal connections. */
public record PeerAddress(String host, int port) {
    @Override
    public String toString() {
        return host + ":" + port;
    }
}
