package io.varve.broker.admin;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.AlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.AlterConfigsResponseData;
import org.apache.kafka.common.message.AlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.requests.AlterConfigsRequest;
import org.apache.kafka.common.requests.AlterConfigsResponse;
import org.apache.kafka.common.requests.ApiError;

/** AlterConfigs, which replaces all configs of a resource; deprecated, but still what older clients send. */
final class AlterConfigsHandler implements RequestHandler {
    private final ConfigAlterer alterer;

    AlterConfigsHandler(ConfigAlterer alterer) {
        this.alterer = alterer;
    }

    @Override
    public CompletableFuture<Reply> handle(Request request) {
        AlterConfigsRequestData wanted = request.body(AlterConfigsRequest.class).data();
        List<ConfigChanges> changes = wanted.resources().stream()
                .map(resource -> new ConfigChanges(
                        resource.resourceType(),
                        resource.resourceName(),
                        resource.configs().stream()
                                .map(config -> new ConfigChanges.Change(config.name(), OpType.SET.id(), config.value()))
                                .toList(),
                        true))
                .toList();
        return request.onVirtualThread(() -> {
            List<ApiError> errors = alterer.alter(changes, wanted.validateOnly());
            AlterConfigsResponseData answer = new AlterConfigsResponseData();
            int index = 0;
            for (AlterConfigsResource resource : wanted.resources()) {
                ApiError error = errors.get(index++);
                answer.responses()
                        .add(new AlterConfigsResourceResponse()
                                .setResourceType(resource.resourceType())
                                .setResourceName(resource.resourceName())
                                .setErrorCode(error.error().code())
                                .setErrorMessage(error.message()));
            }
            return new Reply.Send(new AlterConfigsResponse(answer));
        });
    }
}
