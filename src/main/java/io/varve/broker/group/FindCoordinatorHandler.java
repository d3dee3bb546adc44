package io.varve.broker.group;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.FindCoordinatorResponseData.Coordinator;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FindCoordinatorRequest;
import org.apache.kafka.common.requests.FindCoordinatorRequest.CoordinatorType;
import org.apache.kafka.common.requests.FindCoordinatorResponse;

/**
 * FindCoordinator for groups, one or many (KIP-699). For transactions and share groups, which are not served, it answers INVALID_REQUEST as
 * Kafka does when it runs no share coordinator: clients fail at once with the message, where a retriable error would keep them trying.
 */
final class FindCoordinatorHandler implements RequestHandler {
    private final Function<String, Node> coordinatorOf;

    /** @param coordinatorOf the broker that coordinates a group, as clients reach it; {@link Node#noNode()} when there is none now */
    FindCoordinatorHandler(Function<String, Node> coordinatorOf) {
        this.coordinatorOf = coordinatorOf;
    }

    @Override
    public CompletableFuture<Reply> handle(Request request) {
        FindCoordinatorRequestData wanted =
                request.body(FindCoordinatorRequest.class).data();
        boolean batched = request.version() >= FindCoordinatorRequest.MIN_BATCHED_VERSION;
        FindCoordinatorResponseData data = new FindCoordinatorResponseData();
        if (batched) {
            List<Coordinator> answers = new ArrayList<>();
            wanted.coordinatorKeys().forEach(key -> answers.add(answer(wanted.keyType(), key)));
            data.setCoordinators(answers);
        } else {
            Coordinator only = answer(wanted.keyType(), wanted.key());
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
        Node node = coordinatorOf.apply(key);
        Errors error = node.isEmpty() ? Errors.COORDINATOR_NOT_AVAILABLE : Errors.NONE;
        return FindCoordinatorResponse.prepareCoordinatorResponse(error, key, node);
    }
}
