package io.varve.broker.group;

import io.varve.broker.Apis;
import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.broker.RequestHandler;
import io.varve.cluster.ClusterView;
import io.varve.cluster.TopicRegistry;
import io.varve.group.GroupService;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.errors.NotCoordinatorException;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData;
import org.apache.kafka.common.message.DeleteGroupsResponseData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
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
import org.apache.kafka.common.requests.OffsetDeleteRequest;
import org.apache.kafka.common.requests.OffsetDeleteResponse;
import org.apache.kafka.common.requests.SyncGroupRequest;
import org.apache.kafka.common.requests.SyncGroupResponse;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.coordinator.group.GroupCoordinator;

/** Puts the handlers of the group APIs together. */
public final class GroupApis {
    private final GroupService groups;
    private final GroupCoordinator coordinator;

    private GroupApis(GroupService groups) {
        this.groups = groups;
        this.coordinator = groups.coordinator();
    }

    private interface Call {
        CompletableFuture<? extends AbstractResponse> apply(Request request);
    }

    private static RequestHandler handler(Call call) {
        return request -> call.apply(request).thenApply(Reply.Send::new);
    }

    /** Answers come from memory: only while the lease certainly holds (rule 4). */
    private RequestHandler reading(Call call) {
        return request -> groups.mayServe()
                ? handler(call).handle(request)
                : CompletableFuture.failedFuture(
                        new NotCoordinatorException("the lease of this broker is not confirmed"));
    }

    /** Adds the handlers to {@code apis}. */
    public static void register(Apis.Builder apis, GroupService groups, TopicRegistry topics, ClusterView cluster) {
        GroupApis all = new GroupApis(groups);
        apis.serve(ApiKeys.FIND_COORDINATOR, new FindCoordinatorHandler(cluster))
                .serve(ApiKeys.JOIN_GROUP, handler(all::join))
                .serve(ApiKeys.SYNC_GROUP, handler(all::sync))
                .serve(ApiKeys.HEARTBEAT, handler(all::heartbeat))
                .serve(ApiKeys.LEAVE_GROUP, handler(all::leave))
                .serve(ApiKeys.CONSUMER_GROUP_HEARTBEAT, handler(all::consumerHeartbeat))
                .serve(ApiKeys.CONSUMER_GROUP_DESCRIBE, all.reading(all::consumerDescribe))
                .serve(ApiKeys.OFFSET_COMMIT, handler(new OffsetCommitHandler(groups, topics)::handle))
                .serve(ApiKeys.OFFSET_FETCH, handler(new OffsetFetchHandler(groups, topics)::handle))
                .serve(ApiKeys.OFFSET_DELETE, handler(all::deleteOffsets))
                .serve(ApiKeys.LIST_GROUPS, all.reading(all::list))
                .serve(ApiKeys.DESCRIBE_GROUPS, all.reading(all::describe))
                .serve(ApiKeys.DELETE_GROUPS, handler(all::delete));
    }

    private CompletableFuture<JoinGroupResponse> join(Request request) {
        var data = request.body(JoinGroupRequest.class).data();
        return coordinator
                .joinGroup(Contexts.of(request), data, BufferSupplier.NO_CACHING)
                .thenApply(answer -> new JoinGroupResponse(answer, request.version()));
    }

    private CompletableFuture<SyncGroupResponse> sync(Request request) {
        var data = request.body(SyncGroupRequest.class).data();
        return coordinator
                .syncGroup(Contexts.of(request), data, BufferSupplier.NO_CACHING)
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
                .thenApply(described -> new ConsumerGroupDescribeResponse(
                        new ConsumerGroupDescribeResponseData().setGroups(described)));
    }

    private CompletableFuture<OffsetDeleteResponse> deleteOffsets(Request request) {
        var data = request.body(OffsetDeleteRequest.class).data();
        return coordinator
                .deleteOffsets(Contexts.of(request), data, BufferSupplier.NO_CACHING)
                .thenApply(OffsetDeleteResponse::new);
    }

    private CompletableFuture<ListGroupsResponse> list(Request request) {
        var data = request.body(ListGroupsRequest.class).data();
        return coordinator.listGroups(Contexts.of(request), data).thenApply(ListGroupsResponse::new);
    }

    private CompletableFuture<DescribeGroupsResponse> describe(Request request) {
        var data = request.body(DescribeGroupsRequest.class).data();
        return coordinator
                .describeGroups(Contexts.of(request), data.groups())
                .thenApply(
                        described -> new DescribeGroupsResponse(new DescribeGroupsResponseData().setGroups(described)));
    }

    private CompletableFuture<DeleteGroupsResponse> delete(Request request) {
        var data = request.body(DeleteGroupsRequest.class).data();
        return coordinator
                .deleteGroups(Contexts.of(request), data.groupsNames(), BufferSupplier.NO_CACHING)
                .thenApply(results -> new DeleteGroupsResponse(new DeleteGroupsResponseData().setResults(results)));
    }
}
