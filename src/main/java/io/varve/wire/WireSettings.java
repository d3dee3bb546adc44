package io.varve.wire;

/**
 * How a Kafka listener behaves. Immutable.
 *
 * @param listener its name, for logs and metrics
 * @param host address to listen on
 * @param port to listen on; 0 for a free one
 * @param maxFrameBytes largest request ({@code socket.request.max.bytes})
 * @param maxRequestsInFlight requests of one connection that may wait for their reply or for the client to read it
 * @param memoryBudgetBytes bytes of all requests in flight together; when used up, sockets are not read
 * @param maxConnections of all clients ({@code max.connections})
 * @param maxConnectionsPerAddress of one address ({@code max.connections.per.ip})
 * @param maxIdleMillis after which a silent connection is closed ({@code connections.max.idle.ms}); 0 or less: never
 * @param threads event loops; each connection stays on one
 * @param sendBufferBytes of each socket ({@code socket.send.buffer.bytes}); {@value #SYSTEM_DEFAULT}: as the system decides
 * @param receiveBufferBytes of each socket ({@code socket.receive.buffer.bytes}); {@value #SYSTEM_DEFAULT}: as the system decides
 */
public record WireSettings(
        String listener,
        String host,
        int port,
        int maxFrameBytes,
        int maxRequestsInFlight,
        long memoryBudgetBytes,
        int maxConnections,
        int maxConnectionsPerAddress,
        long maxIdleMillis,
        int threads,
        int sendBufferBytes,
        int receiveBufferBytes) {

    /** Leaves a socket's buffer to the system, which sizes it by the connection. */
    public static final int SYSTEM_DEFAULT = -1;

    /** @throws IllegalArgumentException when a bound is not positive */
    public WireSettings {
        if (maxFrameBytes < 1
                || maxRequestsInFlight < 1
                || memoryBudgetBytes < 1
                || maxConnections < 1
                || maxConnectionsPerAddress < 0
                || threads < 1) {
            throw new IllegalArgumentException("the listener's bounds must be positive: maxFrameBytes=" + maxFrameBytes
                    + " maxRequestsInFlight=" + maxRequestsInFlight + " memoryBudgetBytes=" + memoryBudgetBytes
                    + " maxConnections=" + maxConnections + " maxConnectionsPerAddress=" + maxConnectionsPerAddress
                    + " threads=" + threads);
        }
    }

    /** The listener of whoever has only one. */
    public static final String KAFKA = "kafka";

    /** With socket buffers as the system sizes them, under the name {@value #KAFKA}. */
    public WireSettings(
            String host,
            int port,
            int maxFrameBytes,
            int maxRequestsInFlight,
            long memoryBudgetBytes,
            int maxConnections,
            int maxConnectionsPerAddress,
            long maxIdleMillis,
            int threads) {
        this(
                KAFKA,
                host,
                port,
                maxFrameBytes,
                maxRequestsInFlight,
                memoryBudgetBytes,
                maxConnections,
                maxConnectionsPerAddress,
                maxIdleMillis,
                threads,
                SYSTEM_DEFAULT,
                SYSTEM_DEFAULT);
    }
}
