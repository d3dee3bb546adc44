package io.varve.broker.forward;

import io.varve.broker.Apis;
import io.varve.broker.FileRecords;
import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import io.varve.replica.ForwardHost;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.jboss.logging.Logger;

/**
 * Carries out what other brokers forward to this one, by the handlers of its own listener: what this broker does not own is refused there as ever, so
 * nothing is forwarded twice. Thread-safe.
 */
public final class ForwardedRequests implements ForwardHost {
    private static final Logger LOG = Logger.getLogger(ForwardedRequests.class);
    private static final int NO_PORT = 0;

    /** As on the listener: versions that Kafka still marks as unstable are not served. */
    private static final boolean UNSTABLE_VERSIONS = false;

    private final Apis apis;
    private final Executor blocking;

    /** @param blocking runs each task on a virtual thread of its own */
    public ForwardedRequests(Apis apis, Executor blocking) {
        this.apis = apis;
        this.blocking = blocking;
    }

    @Override
    public CompletableFuture<Response> handle(Inbound inbound) {
        RequestHeader header = RequestHeader.parse(inbound.bytes());
        ApiKeys api = header.apiKey();
        RequestHandler handler = apis.handler(api);
        if (handler == null || !api.isVersionEnabled(header.apiVersion(), UNSTABLE_VERSIONS)) {
            throw new IllegalArgumentException("version " + header.apiVersion() + " of " + api + " is not served");
        }
        AbstractRequest body =
                AbstractRequest.parseRequest(api, header.apiVersion(), new ByteBufferAccessor(inbound.bytes())).request;
        Request request = new Request(
                header,
                body,
                inbound.hold(),
                new Request.Client(inbound.client(), inbound.address(), NO_PORT),
                blocking,
                inbound.hurry());
        return begin(handler, request)
                .handle((reply, failure) ->
                        failure == null && reply != null ? response(request, reply) : failed(request, failure));
    }

    private static CompletableFuture<Reply> begin(RequestHandler handler, Request request) {
        try {
            return handler.handle(request);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static Response failed(Request request, Throwable failure) {
        return response(request, Failures.reply(request.body(), failure));
    }

    private static Response response(Request request, Reply reply) {
        return switch (reply) {
            case Reply.Nothing _ -> new Response.Nothing();
            case Reply.Disconnect(String reason) -> new Response.HangUp(reason);
            case Reply.Send send -> {
                try {
                    yield new Response.Message(
                            GatheredMessage.response(send.response().data(), request.version()));
                } catch (RuntimeException e) {
                    LOG.errorf(
                            e,
                            "cannot encode a response. api=%s version=%d client=%s",
                            request.header().apiKey(),
                            request.version(),
                            request.client().connectionId());
                    release(send.response());
                    yield new Response.HangUp(
                            "the response to " + request.header().apiKey() + " cannot be encoded");
                }
            }
        };
    }

    /** Gives back the files of a response that is not sent. */
    static void release(AbstractResponse response) {
        if (response instanceof FetchResponse fetch) {
            fetch.data()
                    .responses()
                    .forEach(topic -> topic.partitions().forEach(partition -> {
                        if (partition.records() instanceof FileRecords file) {
                            file.release();
                        }
                    }));
        }
    }
}
