package io.varve.testkit;

/** Something that real Kafka clients can be pointed at. */
public interface Cluster extends AutoCloseable {
    /** The address for {@code bootstrap.servers}. */
    String bootstrapServers();

    /** What it is, for messages. */
    String description();

    @Override
    void close();
}
