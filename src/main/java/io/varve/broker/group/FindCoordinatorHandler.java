package io.varve.broker.group;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import io.varve.cluster.ClusterView;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.FindCoordinatorResponseData.Coordinator;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FindCoordinatorRequest;
import org.apache.kafka.common.requests.FindCoordinatorRequest.CoordinatorType;
import org.apache.kafka.common.requests.FindCoordinatorResponse;

/** FindCoordinator for groups. For what is not served it answers an error that clients do not retry. */
final class FindCoordinatorHandler implements RequestHandler {
    private final ClusterView cluster;

    FindCoordinatorHandler(ClusterView cluster) {
        this.cluster = cluster;
    }

    @Override
    public CompletableFuture<Reply> handle(Request request) {
        FindCoordinatorRequestData wanted =
                request.body(FindCoordinatorRequest.class).data();
        boolean batched = request.version() >= FindCoordinatorRequest.MIN_BATCHED_VERSION;
        List<String> keys = batched ? wanted.coordinatorKeys() : List.of(wanted.key());
        List<Coordinator> answers = new ArrayList<>(keys.size());
        for (String key : keys) {
            answers.add(answer(wanted.keyType(), key));
        }
        FindCoordinatorResponseData data = new FindCoordinatorResponseData();
        if (batched) {
            data.setCoordinators(answers);
        } else {
            Coordinator only = answers.getFirst();
            data.setErrorCode(only.errorCode())
                    .setErrorMessage(only.errorMessage())
                    .setNodeId(only.nodeId())
                    .setHost(only.host())
                    .setPort(only.port());
        }
        return CompletableFuture.completedFuture(new Reply.Send(new FindCoordinatorResponse(data)));
    }

    private Coordinator answer(byte keyType, String key) {
        if (keyType != CoordinatorType.GROUP.id()) {
            return FindCoordinatorResponse.prepareCoordinatorResponse(Errors.INVALID_REQUEST, key, Node.noNode())
                    .setErrorMessage(
                            "this broker supports consumer groups, but no transactions and no share groups yet");
        }
        Node self = cluster.brokers().stream()
                .filter(broker -> broker.id() == cluster.self())
                .findFirst()
                .orElse(Node.noNode());
        Errors error = self.isEmpty() ? Errors.COORDINATOR_NOT_AVAILABLE : Errors.NONE;
        return FindCoordinatorResponse.prepareCoordinatorResponse(error, key, self);
    }
}
