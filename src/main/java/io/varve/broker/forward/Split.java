package io.varve.broker.forward;

import java.util.List;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;

/** How requests of an API are divided by who is to be asked, and the answers put together. Stateless. */
interface Split {

    /**
     * A part of a request for one broker.
     *
     * @param body the request itself when there is no other part
     */
    record Part(int broker, AbstractRequest body) {}

    /** At least one part; each broker once. */
    List<Part> divide(AbstractRequest request);

    /** One response of several, in the order of the request. */
    AbstractResponse merge(AbstractRequest request, List<AbstractResponse> answers);

    /** What a client is told of a part that was certainly not carried out. */
    Errors notSent();

    /** What a client is told of a part of which it is not known whether it was carried out. */
    Errors unknown();
}
