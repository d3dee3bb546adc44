package io.varve.broker.forward;

import io.varve.broker.Reply;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** What a client is told when a handler has failed. */
final class Failures {
    private static final Logger LOG = Logger.getLogger(Failures.class);

    private Failures() {}

    /** Kafka's error response to {@code request}; closes the connection where there is none. */
    static Reply reply(AbstractRequest request, @Nullable Throwable failure) {
        Throwable cause = failure == null ? new IllegalStateException("the handler gave no reply") : unwrap(failure);
        if (!(cause instanceof ApiException)) {
            LOG.errorf(cause, "unexpected failure of a request. api=%s", request.apiKey());
        }
        AbstractResponse response = request.getErrorResponse(0, cause);
        return response == null
                ? new Reply.Disconnect(request.apiKey() + " failed: " + cause.getMessage())
                : new Reply.Send(response);
    }

    static Throwable unwrap(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }
}
