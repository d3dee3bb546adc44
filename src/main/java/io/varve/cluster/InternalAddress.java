package io.varve.cluster;

/** Where a broker takes the connections of other brokers. */
public record InternalAddress(String host, int port) {
    @Override
    public String toString() {
        return host + ":" + port;
    }
}
