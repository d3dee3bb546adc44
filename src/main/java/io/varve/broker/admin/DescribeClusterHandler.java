package io.varve.broker.admin;

import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import io.varve.cluster.ClusterView;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.DescribeClusterResponseData.DescribeClusterBroker;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeClusterRequest;
import org.apache.kafka.common.requests.DescribeClusterResponse;

/** DescribeCluster (KIP-700): the live brokers. There are no separate controllers to describe. */
final class DescribeClusterHandler implements RequestHandler {
    private static final byte BROKERS = 1;

    private final ClusterView cluster;

    DescribeClusterHandler(ClusterView cluster) {
        this.cluster = cluster;
    }

    @Override
    public CompletableFuture<Reply> handle(Request request) {
        DescribeClusterRequest body = request.body(DescribeClusterRequest.class);
        DescribeClusterResponseData data = new DescribeClusterResponseData();
        if (body.data().endpointType() != BROKERS) {
            data.setErrorCode(Errors.MISMATCHED_ENDPOINT_TYPE.code())
                    .setErrorMessage("this is a broker: it has no controller endpoints");
            return CompletableFuture.completedFuture(new Reply.Send(new DescribeClusterResponse(data)));
        }
        data.setClusterId(cluster.clusterId())
                .setControllerId(cluster.controller())
                .setEndpointType(BROKERS);
        for (Node broker : cluster.brokers()) {
            data.brokers()
                    .add(new DescribeClusterBroker()
                            .setBrokerId(broker.id())
                            .setHost(broker.host())
                            .setPort(broker.port())
                            .setRack(broker.rack()));
        }
        return CompletableFuture.completedFuture(new Reply.Send(new DescribeClusterResponse(data)));
    }
}
