package io.varve.broker.forward;

import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.requests.AbstractRequest;

/** Makes requests of their data. */
final class Bodies {
    private Bodies() {}

    /** A request like {@code original} with other data, by way of its bytes: Kafka keeps most constructors to itself. */
    static AbstractRequest like(AbstractRequest original, ApiMessage data) {
        ByteBufferAccessor bytes = MessageUtil.toByteBufferAccessor(data, original.version());
        return AbstractRequest.parseRequest(original.apiKey(), original.version(), bytes).request;
    }
}
