package io.varve.http;

import io.netty.buffer.Unpooled;
import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import io.varve.cluster.Topic;
import io.varve.server.BrokerLifecycle;
import io.varve.server.RunningBroker;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.InetAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.errors.BrokerNotAvailableException;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestHeader;

/** The broker behind the REST resources: finds topics, waits for answers, and asks its Kafka handlers. Thread-safe. */
@Singleton
class Broker {
    private static final int TIMEOUT_SECONDS = 60;
    private static final String CLIENT_ID = "http";

    private final BrokerLifecycle lifecycle;

    @Inject
    Broker(BrokerLifecycle lifecycle) {
        this.lifecycle = lifecycle;
    }

    /** @throws RestException when it does not serve (yet, any more) */
    RunningBroker running() {
        return lifecycle
                .running()
                .orElseThrow(() -> RestErrors.of(new BrokerNotAvailableException(
                        "The broker is not ready: /health/ready says what is missing.")));
    }

    /** @throws RestException when this is another cluster */
    RunningBroker cluster(String clusterId) {
        RunningBroker broker = running();
        if (!broker.clusterId().equals(clusterId)) {
            throw new RestException(404, 404, "HTTP 404 Not Found");
        }
        return broker;
    }

    /** @throws RestException when there is no such topic */
    static Topic topic(RunningBroker broker, String name) {
        return broker.topics().byName(name).orElseThrow(RestErrors::unknownTopicOrPartition);
    }

    /** Waits, on the caller's virtual thread, and turns what failed into HTTP's words. */
    static <T> T await(CompletableFuture<T> future) {
        try {
            return future.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw RestErrors.of(e);
        } catch (TimeoutException e) {
            throw new RestException(504, 50402, "The broker did not answer within " + TIMEOUT_SECONDS + " s.");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RestException(503, 50302, "The broker is stopping.");
        }
    }

    /** Has the handler of the Kafka port answer {@code body}, as if a client on this machine had sent it. */
    static <T extends AbstractResponse> T ask(RunningBroker broker, AbstractRequest body, Class<T> answer) {
        ApiKeys api = body.apiKey();
        RequestHandler handler = broker.apis().handler(api);
        if (handler == null) {
            throw new RestException(501, 501, "This broker does not serve " + api.name + ".");
        }
        var header = new RequestHeader(api, body.version(), CLIENT_ID, 0);
        var client = new Request.Client(CLIENT_ID, InetAddress.getLoopbackAddress(), 0);
        var request = new Request(header, body, Unpooled.buffer(0), client, broker.blocking());
        Reply reply = await(CompletableFuture.completedFuture(request)
                .thenCompose(handler::handle)
                .exceptionallyCompose(failure -> CompletableFuture.failedFuture(new CompletionException(failure))));
        if (reply instanceof Reply.Send(AbstractResponse response, var _)) {
            return answer.cast(response);
        }
        throw new RestException(500, 50002, api.name + " was not answered.");
    }
}
