package io.varve.broker.group;

import io.varve.broker.Apis;
import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import io.varve.cluster.ClusterView;
import io.varve.cluster.TopicRegistry;
import io.varve.group.GroupService;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.NotCoordinatorException;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData;
import org.apache.kafka.common.message.DeleteGroupsResponseData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.ConsumerGroupDescribeRequest;
import org.apache.kafka.common.requests.ConsumerGroupDescribeResponse;
import org.apache.kafka.common.requests.ConsumerGroupHeartbeatRequest;
import org.apache.kafka.common.requests.ConsumerGroupHeartbeatResponse;
import org.apache.kafka.common.requests.DeleteGroupsRequest;
import org.apache.kafka.common.requests.DeleteGroupsResponse;
import org.apache.kafka.common.requests.DescribeGroupsRequest;
import org.apache.kafka.common.requests.DescribeGroupsResponse;
import org.apache.kafka.common.requests.HeartbeatRequest;
import org.apache.kafka.common.requests.HeartbeatResponse;
import org.apache.kafka.common.requests.JoinGroupRequest;
import org.apache.kafka.common.requests.JoinGroupResponse;
import org.apache.kafka.common.requests.LeaveGroupRequest;
import org.apache.kafka.common.requests.LeaveGroupResponse;
import org.apache.kafka.common.requests.ListGroupsRequest;
import org.apache.kafka.common.requests.ListGroupsResponse;
import org.apache.kafka.common.requests.SyncGroupRequest;
import org.apache.kafka.common.requests.SyncGroupResponse;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.apache.kafka.security.authorizer.AclEntry;

/** Puts the handlers of the group APIs together. */
public final class GroupApis {
    private static final int GROUP_OPERATIONS =
            Utils.to32BitField(AclEntry.supportedOperations(ResourceType.GROUP).stream()
                    .map(AclOperation::code)
                    .collect(Collectors.toSet()));

    private final GroupService groups;
    private final GroupCoordinator coordinator;

    private GroupApis(GroupService groups) {
        this.groups = groups;
        this.coordinator = groups.coordinator();
    }

    private interface Call {
        CompletableFuture<? extends AbstractResponse> apply(Request request);
    }

    /**
     * Adds the handlers to {@code apis}.
     *
     * @param coordinatorOf the broker that owns a shard, as clients reach it; {@link Node#noNode()} when nobody does
     */
    public static void register(
            Apis.Builder apis, GroupService groups, TopicRegistry topics, IntFunction<Node> coordinatorOf) {
        GroupApis all = new GroupApis(groups);
        apis.serve(
                        ApiKeys.FIND_COORDINATOR,
                        new FindCoordinatorHandler(group -> coordinatorOf.apply(groups.shardOf(group))))
                .serve(ApiKeys.JOIN_GROUP, handler(all::join))
                .serve(ApiKeys.SYNC_GROUP, handler(all::sync))
                .serve(ApiKeys.HEARTBEAT, handler(all::heartbeat))
                .serve(ApiKeys.LEAVE_GROUP, handler(all::leave))
                .serve(ApiKeys.CONSUMER_GROUP_HEARTBEAT, handler(all::consumerHeartbeat))
                .serve(ApiKeys.CONSUMER_GROUP_DESCRIBE, all.reading(all::consumerDescribe))
                .serve(ApiKeys.OFFSET_COMMIT, handler(new OffsetCommitHandler(groups, topics)::handle))
                .serve(ApiKeys.OFFSET_FETCH, handler(new OffsetFetchHandler(groups, topics)::handle))
                .serve(ApiKeys.OFFSET_DELETE, handler(new OffsetDeleteHandler(groups, topics)::handle))
                .serve(ApiKeys.LIST_GROUPS, all.reading(all::list))
                .serve(ApiKeys.DESCRIBE_GROUPS, all.reading(all::describe))
                .serve(ApiKeys.DELETE_GROUPS, handler(all::delete));
    }

    /** As {@link #register(Apis.Builder, GroupService, TopicRegistry, IntFunction)}, with brokers as the cluster knows them. */
    public static void register(Apis.Builder apis, GroupService groups, TopicRegistry topics, ClusterView cluster) {
        register(apis, groups, topics, shard -> node(cluster, groups.coordinatorOf(shard)));
    }

    private static Node node(ClusterView cluster, OptionalInt id) {
        return cluster.brokers().stream()
                .filter(broker -> id.isPresent() && broker.id() == id.getAsInt())
                .findFirst()
                .orElse(Node.noNode());
    }

    private static RequestHandler handler(Call call) {
        return request -> call.apply(request).thenApply(Reply.Send::new);
    }

    /**
     * For answers that come from memory: they leave only if the lease certainly held after they were read, since then nobody else can have
     * changed anything before (rule 4).
     */
    private RequestHandler reading(Call call) {
        return request -> call.apply(request).thenApply(answer -> {
            if (!groups.mayServe()) {
                throw new NotCoordinatorException("the lease of this broker is not confirmed");
            }
            return new Reply.Send(answer);
        });
    }

    private CompletableFuture<JoinGroupResponse> join(Request request) {
        var data = request.body(JoinGroupRequest.class).data();
        return coordinator
                .joinGroup(Contexts.of(request), data, BufferSupplier.NO_CACHING)
                .thenApply(answer -> new JoinGroupResponse(answer, request.version()));
    }

    private CompletableFuture<SyncGroupResponse> sync(Request request) {
        SyncGroupRequest body = request.body(SyncGroupRequest.class);
        if (!body.areMandatoryProtocolTypeAndNamePresent()) {
            // KIP-559: from version 5 on.
            return CompletableFuture.failedFuture(Errors.INCONSISTENT_GROUP_PROTOCOL.exception());
        }
        return coordinator
                .syncGroup(Contexts.of(request), body.data(), BufferSupplier.NO_CACHING)
                .thenApply(SyncGroupResponse::new);
    }

    private CompletableFuture<HeartbeatResponse> heartbeat(Request request) {
        var data = request.body(HeartbeatRequest.class).data();
        return coordinator.heartbeat(Contexts.of(request), data).thenApply(HeartbeatResponse::new);
    }

    private CompletableFuture<LeaveGroupResponse> leave(Request request) {
        var data = request.body(LeaveGroupRequest.class).normalizedData();
        return coordinator
                .leaveGroup(Contexts.of(request), data)
                .thenApply(answer -> new LeaveGroupResponse(answer, request.version()));
    }

    private CompletableFuture<ConsumerGroupHeartbeatResponse> consumerHeartbeat(Request request) {
        var data = request.body(ConsumerGroupHeartbeatRequest.class).data();
        return coordinator
                .consumerGroupHeartbeat(Contexts.of(request), data)
                .thenApply(ConsumerGroupHeartbeatResponse::new);
    }

    private CompletableFuture<ConsumerGroupDescribeResponse> consumerDescribe(Request request) {
        var data = request.body(ConsumerGroupDescribeRequest.class).data();
        return coordinator
                .consumerGroupDescribe(Contexts.of(request), data.groupIds())
                .thenApply(described -> {
                    if (data.includeAuthorizedOperations()) {
                        described.stream()
                                .filter(group -> group.errorCode() == Errors.NONE.code())
                                .forEach(group -> group.setAuthorizedOperations(GROUP_OPERATIONS));
                    }
                    return new ConsumerGroupDescribeResponse(
                            new ConsumerGroupDescribeResponseData().setGroups(described));
                });
    }

    private CompletableFuture<ListGroupsResponse> list(Request request) {
        var data = request.body(ListGroupsRequest.class).data();
        return coordinator.listGroups(Contexts.of(request), data).thenApply(ListGroupsResponse::new);
    }

    private CompletableFuture<DescribeGroupsResponse> describe(Request request) {
        var data = request.body(DescribeGroupsRequest.class).data();
        return coordinator.describeGroups(Contexts.of(request), data.groups()).thenApply(described -> {
            if (data.includeAuthorizedOperations()) {
                described.stream()
                        .filter(group -> group.errorCode() == Errors.NONE.code())
                        .forEach(group -> group.setAuthorizedOperations(GROUP_OPERATIONS));
            }
            return new DescribeGroupsResponse(new DescribeGroupsResponseData().setGroups(described));
        });
    }

    private CompletableFuture<DeleteGroupsResponse> delete(Request request) {
        List<String> names = request.body(DeleteGroupsRequest.class).data().groupsNames().stream()
                .distinct()
                .toList();
        return coordinator
                .deleteGroups(Contexts.of(request), names, BufferSupplier.NO_CACHING)
                .thenApply(results -> new DeleteGroupsResponse(new DeleteGroupsResponseData().setResults(results)));
    }
}
