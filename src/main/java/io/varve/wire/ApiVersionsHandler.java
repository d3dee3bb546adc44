package io.varve.wire;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.kafka.common.feature.Features;
import org.apache.kafka.common.feature.SupportedVersionRange;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersion;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersionCollection;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.ApiVersionsResponse;

/** ApiVersions: tells exactly what has a handler, in the versions that Kafka's codec knows. */
public final class ApiVersionsHandler implements RequestHandler {
    private static final String GROUP_VERSION = "group.version";
    private static final short CONSUMER_PROTOCOL = 1;

    private final Supplier<Set<ApiKeys>> supported;

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
                .build();
        return CompletableFuture.completedFuture(new Reply.Send(response));
    }

    private ApiVersionCollection versions() {
        ApiVersionCollection versions = new ApiVersionCollection();
        for (ApiKeys api : supported.get()) {
            versions.add(new ApiVersion()
                    .setApiKey(api.id)
                    .setMinVersion(minVersion(api))
                    .setMaxVersion(api.latestVersion()));
        }
        return versions;
    }

    /** KIP-896: librdkafka takes a broker that does not list Produce 0 for one without compression; Kafka lists it too. */
    private static short minVersion(ApiKeys api) {
        return api == ApiKeys.PRODUCE ? ApiKeys.PRODUCE_API_VERSIONS_RESPONSE_MIN_VERSION : api.oldestVersion();
    }
}
