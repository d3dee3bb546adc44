package io.varve.wire;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.kafka.common.feature.Features;
import org.apache.kafka.common.feature.SupportedVersionRange;
import org.apache.kafka.common.message.ApiMessageType.ListenerType;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersionCollection;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.ApiVersionsResponse;

/**
 * ApiVersions: tells exactly what has a handler, in the stable versions that Kafka's codec knows, and that the consumer group protocol
 * of KIP-848 may be used. A client that speaks a later version gets the list too, with UNSUPPORTED_VERSION (KIP-511). Thread-safe.
 */
public final class ApiVersionsHandler implements RequestHandler {
    private static final String GROUP_VERSION = "group.version";
    private static final short CONSUMER_PROTOCOL = 1;

    /** Older clients refuse a response with a feature that starts at level 0 (KIP-1022). */
    private static final short FIRST_VERSION_WITH_LEVEL_0 = 4;

    private final Supplier<Set<ApiKeys>> supported;

    /** @param supported what to tell, asked at each request: this handler is itself one of {@link io.varve.broker.Apis} */
    public ApiVersionsHandler(Supplier<Set<ApiKeys>> supported) {
        this.supported = supported;
    }

    @Override
    public CompletableFuture<Reply> handle(Request request) {
        ApiVersionsRequest body = request.body(ApiVersionsRequest.class);
        Errors error = Errors.NONE;
        if (body.hasUnsupportedRequestVersion()) {
            error = Errors.UNSUPPORTED_VERSION;
        } else if (!body.isValid()) {
            error = Errors.INVALID_REQUEST;
        }
        ApiVersionsResponse response = new ApiVersionsResponse.Builder()
                .setError(error)
                .setThrottleTimeMs(0)
                .setApiVersions(error == Errors.INVALID_REQUEST ? new ApiVersionCollection() : versions())
                .setSupportedFeatures(Features.supportedFeatures(
                        Map.of(GROUP_VERSION, new SupportedVersionRange((short) 0, CONSUMER_PROTOCOL))))
                .setFinalizedFeatures(Map.of(GROUP_VERSION, CONSUMER_PROTOCOL))
                .setFinalizedFeaturesEpoch(0)
                .setAlterFeatureLevel0(request.version() < FIRST_VERSION_WITH_LEVEL_0)
                .build();
        return CompletableFuture.completedFuture(new Reply.Send(response));
    }

    /** Produce is listed from version 0 on, as in Kafka, for librdkafka (KIP-896): see {@link ApiKeys}. */
    private ApiVersionCollection versions() {
        ApiVersionCollection versions = new ApiVersionCollection();
        for (ApiKeys api : new TreeSet<>(supported.get())) {
            api.toApiVersionForApiResponse(false, ListenerType.BROKER).ifPresent(versions::add);
        }
        return versions;
    }
}
