package io.varve.broker.admin;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.IncrementalAlterConfigsRequest;
import org.apache.kafka.common.requests.IncrementalAlterConfigsResponse;

/** IncrementalAlterConfigs (KIP-339): sets, deletes, appends to and subtracts from single configs. */
final class IncrementalAlterConfigsHandler implements RequestHandler {
    private final ConfigAlterer alterer;

    IncrementalAlterConfigsHandler(ConfigAlterer alterer) {
        this.alterer = alterer;
    }

    @Override
    public CompletableFuture<Reply> handle(Request request) {
        IncrementalAlterConfigsRequestData wanted =
                request.body(IncrementalAlterConfigsRequest.class).data();
        List<ConfigChanges> changes = wanted.resources().stream()
                .map(resource -> new ConfigChanges(
                        resource.resourceType(),
                        resource.resourceName(),
                        resource.configs().stream()
                                .map(config -> new ConfigChanges.Change(
                                        config.name(), config.configOperation(), config.value()))
                                .toList(),
                        false))
                .toList();
        return request.onVirtualThread(() -> {
            List<ApiError> errors = alterer.alter(changes, wanted.validateOnly());
            IncrementalAlterConfigsResponseData answer = new IncrementalAlterConfigsResponseData();
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
            return new Reply.Send(new IncrementalAlterConfigsResponse(answer));
        });
    }
}
