package io.varve.broker;

import org.apache.kafka.common.requests.AbstractResponse;

/** What a connection does when a request is finished. */
public sealed interface Reply {

    /** Sends {@code response}. Records in it may be {@link FileRecords}, which the connection sends by sendfile and releases. */
    record Send(AbstractResponse response) implements Reply {}

    /** Sends nothing: a produce with {@code acks=0} that succeeded. */
    record Nothing() implements Reply {}

    /** Closes the connection, as Kafka does when a produce with {@code acks=0} failed. */
    record Disconnect(String reason) implements Reply {}
}
