package io.varve.wire;

/**
 * How the Kafka listener behaves.
 *
 * @param host address to listen on
 * @param port to listen on; 0 for a free one
 * @param maxFrameBytes largest request ({@code socket.request.max.bytes})
 * @param maxRequestsInFlight requests of one connection that may wait for their reply
 * @param memoryBudgetBytes bytes of all requests in flight together; when used up, sockets are not read
 * @param maxConnections of all clients ({@code max.connections})
 * @param maxConnectionsPerAddress of one address ({@code max.connections.per.ip})
 * @param maxIdleMillis after which a silent connection is closed ({@code connections.max.idle.ms})
 * @param threads event loops; each connection stays on one
 */
public record WireSettings(
        String host,
        int port,
        int maxFrameBytes,
        int maxRequestsInFlight,
        long memoryBudgetBytes,
        int maxConnections,
        int maxConnectionsPerAddress,
        long maxIdleMillis,
        int threads) {}
