package io.varve.broker;

import io.netty.util.ReferenceCounted;
import java.util.List;
import org.apache.kafka.common.requests.AbstractResponse;

/** What a connection does when a request is finished. */
public sealed interface Reply {

    /**
     * Sends {@code response}. Records in it may be {@link FileRecords}, which the connection sends by sendfile and releases.
     *
     * @param holds keep other records of it alive; the connection releases each once, when the response has left or will not
     */
    record Send(AbstractResponse response, List<ReferenceCounted> holds) implements Reply {
        /** With nothing in it that has to be given back, but files. */
        public Send(AbstractResponse response) {
            this(response, List.of());
        }
    }

    /** Sends nothing: a produce with {@code acks=0} that succeeded. */
    record Nothing() implements Reply {}

    /** Closes the connection, as Kafka does when a produce with {@code acks=0} failed. */
    record Disconnect(String reason) implements Reply {}
}
