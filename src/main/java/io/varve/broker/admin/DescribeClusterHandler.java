package io.varve.broker.admin;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import io.varve.cluster.ClusterView;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.admin.EndpointType;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.DescribeClusterResponseData.DescribeClusterBroker;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeClusterRequest;
import org.apache.kafka.common.requests.DescribeClusterResponse;

/** DescribeCluster (KIP-700): the live brokers. There are no separate controllers to describe, and no fenced brokers. */
final class DescribeClusterHandler implements RequestHandler {
    private final ClusterView cluster;

    DescribeClusterHandler(ClusterView cluster) {
        this.cluster = cluster;
    }

    @Override
    public CompletableFuture<Reply> handle(Request request) {
        DescribeClusterRequestData wanted =
                request.body(DescribeClusterRequest.class).data();
        EndpointType endpoint = EndpointType.fromId(wanted.endpointType());
        DescribeClusterResponseData answer = switch (endpoint) {
            case BROKER -> brokers(wanted);
            case CONTROLLER ->
                failure(
                        Errors.MISMATCHED_ENDPOINT_TYPE,
                        "The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER");
            case UNKNOWN ->
                failure(Errors.UNSUPPORTED_ENDPOINT_TYPE, "Unsupported endpoint type " + wanted.endpointType());
        };
        return CompletableFuture.completedFuture(new Reply.Send(new DescribeClusterResponse(answer)));
    }

    private DescribeClusterResponseData brokers(DescribeClusterRequestData wanted) {
        DescribeClusterResponseData data = new DescribeClusterResponseData()
                .setClusterId(cluster.clusterId())
                .setControllerId(cluster.controller())
                .setEndpointType(EndpointType.BROKER.id());
        for (Node broker : cluster.brokers()) {
            data.brokers()
                    .add(new DescribeClusterBroker()
                            .setBrokerId(broker.id())
                            .setHost(broker.host())
                            .setPort(broker.port())
                            .setRack(broker.rack()));
        }
        if (wanted.includeClusterAuthorizedOperations()) {
            data.setClusterAuthorizedOperations(AuthorizedOperations.CLUSTER);
        }
        return data;
    }

    private static DescribeClusterResponseData failure(Errors error, String message) {
        return new DescribeClusterResponseData().setErrorCode(error.code()).setErrorMessage(message);
    }
}
