package io.varve.broker.forward;

import io.varve.broker.Apis;
import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.DescribeClusterResponseData.DescribeClusterBroker;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseBroker;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponsePartition;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.DescribeConfigsRequest;

/**
 * What clients of the one-address listener are told of the cluster: that it is one node, at the address of what is in front of all brokers. It leads every
 * partition that somebody leads, under its real leader epoch, and coordinates every group that somebody coordinates. Every broker says the same.
 *
 * @param host and {@code port}: the address
 */
public record OneNode(String host, int port) {
    /** The node's id: no broker can have it. Group connections of Kafka's Java client then go by the id 0, which nobody else has here either. */
    public static final int ID = Integer.MAX_VALUE;

    private static final List<Integer> ALONE = List.of(ID);

    private static RequestHandler handler(Apis local, ApiKeys api) {
        return Optional.ofNullable(local.handler(api)).orElseThrow();
    }

    /** The local handler, with its answer changed. */
    private static RequestHandler changed(Apis local, ApiKeys api, Consumer<ApiMessage> change) {
        RequestHandler handler = handler(local, api);
        return request -> handler.handle(request).thenApply(reply -> {
            if (reply instanceof Reply.Send send) {
                change.accept(send.response().data());
            }
            return reply;
        });
    }

    RequestHandler metadata(Apis local) {
        return changed(local, ApiKeys.METADATA, data -> claim((MetadataResponseData) data));
    }

    private void claim(MetadataResponseData data) {
        data.brokers().clear();
        data.brokers()
                .add(new MetadataResponseBroker().setNodeId(ID).setHost(host).setPort(port));
        data.setControllerId(ID);
        data.topics().forEach(topic -> topic.partitions().forEach(OneNode::claim));
    }

    private static void claim(MetadataResponsePartition partition) {
        boolean led = partition.leaderId() >= 0;
        partition
                .setLeaderId(led ? ID : partition.leaderId())
                .setReplicaNodes(ALONE)
                .setIsrNodes(led ? ALONE : List.of())
                .setOfflineReplicas(List.of());
    }

    RequestHandler describeTopicPartitions(Apis local) {
        return changed(
                local,
                ApiKeys.DESCRIBE_TOPIC_PARTITIONS,
                data -> ((DescribeTopicPartitionsResponseData) data)
                        .topics()
                        .forEach(topic -> topic.partitions().forEach(partition -> {
                            boolean led = partition.leaderId() >= 0;
                            partition
                                    .setLeaderId(led ? ID : partition.leaderId())
                                    .setReplicaNodes(ALONE)
                                    .setIsrNodes(led ? ALONE : List.of())
                                    .setEligibleLeaderReplicas(List.of())
                                    .setLastKnownElr(List.of())
                                    .setOfflineReplicas(List.of());
                        })));
    }

    RequestHandler describeCluster(Apis local) {
        return changed(local, ApiKeys.DESCRIBE_CLUSTER, message -> {
            DescribeClusterResponseData data = (DescribeClusterResponseData) message;
            if (data.errorCode() == Errors.NONE.code()) {
                data.brokers().clear();
                data.brokers()
                        .add(new DescribeClusterBroker()
                                .setBrokerId(ID)
                                .setHost(host)
                                .setPort(port));
                data.setControllerId(ID);
            }
        });
    }

    RequestHandler findCoordinator(Apis local) {
        return changed(local, ApiKeys.FIND_COORDINATOR, message -> {
            FindCoordinatorResponseData data = (FindCoordinatorResponseData) message;
            data.coordinators().forEach(each -> {
                if (each.errorCode() == Errors.NONE.code()) {
                    each.setNodeId(ID).setHost(host).setPort(port);
                }
            });
            if (!data.host().isEmpty() && data.errorCode() == Errors.NONE.code()) {
                data.setNodeId(ID).setHost(host).setPort(port);
            }
        });
    }

    /** The one node's settings are those of the broker that is asked. */
    RequestHandler describeConfigs(Apis local, int self) {
        RequestHandler handler = handler(local, ApiKeys.DESCRIBE_CONFIGS);
        String one = Integer.toString(ID);
        String own = Integer.toString(self);
        return request -> {
            DescribeConfigsRequestData data =
                    request.body(DescribeConfigsRequest.class).data().duplicate();
            data.resources().forEach(resource -> {
                if (isBroker(resource.resourceType()) && one.equals(resource.resourceName())) {
                    resource.setResourceName(own);
                }
            });
            AbstractRequest body = new DescribeConfigsRequest(data, request.version());
            return handler.handle(with(request, body)).thenApply(reply -> {
                if (reply instanceof Reply.Send send
                        && send.response().data()
                                instanceof org.apache.kafka.common.message.DescribeConfigsResponseData answer) {
                    answer.results().forEach(result -> {
                        if (isBroker(result.resourceType()) && own.equals(result.resourceName())) {
                            result.setResourceName(one);
                        }
                    });
                }
                return reply;
            });
        };
    }

    private static boolean isBroker(byte type) {
        return type == ConfigResource.Type.BROKER.id();
    }

    private static Request with(Request request, AbstractRequest body) {
        return new Request(
                request.header(), body, request.buffer(), request.client(), request.blocking(), request.hurry());
    }
}
