package io.varve.broker.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.varve.broker.Apis;
import io.varve.broker.Reply;
import io.varve.broker.Request;
import io.varve.cluster.Topic;
import io.varve.group.FakeTopics;
import io.varve.group.RunningGroups;
import io.varve.metadata.EmbeddedStore;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ConsumerGroupDescribeRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsResponseData.DescribedGroup;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetCommitResponseData.OffsetCommitResponseTopic;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestPartition;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopic;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopicCollection;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopic;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.ConsumerGroupDescribeResponse;
import org.apache.kafka.common.requests.DeleteGroupsResponse;
import org.apache.kafka.common.requests.DescribeGroupsResponse;
import org.apache.kafka.common.requests.FindCoordinatorResponse;
import org.apache.kafka.common.requests.ListGroupsResponse;
import org.apache.kafka.common.requests.OffsetCommitResponse;
import org.apache.kafka.common.requests.OffsetDeleteResponse;
import org.apache.kafka.common.requests.OffsetFetchResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.SyncGroupResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The group APIs as clients see them: every request and response goes through Kafka's codec in the version under test. */
class GroupApisTest {
    @TempDir
    Path directory;

    private EmbeddedStore store;
    private final FakeTopics topics = new FakeTopics();
    private Topic orders;
    private RunningGroups groups;
    private Apis apis;

    @BeforeEach
    void start() {
        store = EmbeddedStore.open(directory);
        orders = topics.create("orders", 3);
        groups = RunningGroups.start(store, topics);
        Apis.Builder builder = Apis.builder();
        GroupApis.register(builder, groups.service, topics, shard -> new Node(7, "broker-of-" + shard, 9092));
        apis = builder.build();
    }

    @AfterEach
    void stop() {
        groups.close();
        store.close();
    }

    private <T extends AbstractResponse> T call(ApiKeys api, short version, ApiMessage data, Class<T> type) {
        var encoded = MessageUtil.toByteBufferAccessor(data, version);
        AbstractRequest body =
                AbstractRequest.parseRequest(api, version, new ByteBufferAccessor(encoded.buffer())).request;
        Request request = new Request(
                new RequestHeader(api, version, "client", 1),
                body,
                Unpooled.EMPTY_BUFFER,
                new Request.Client("connection", InetAddress.getLoopbackAddress(), 9092),
                Runnable::run);
        AbstractResponse response;
        try {
            Reply reply = apis.handler(api)
                    .handle(request)
                    .orTimeout(60, TimeUnit.SECONDS)
                    .join();
            response = ((Reply.Send) reply).response();
        } catch (CompletionException e) {
            response = body.getErrorResponse(e.getCause());
        }
        var bytes = MessageUtil.toByteBufferAccessor(response.data(), version);
        return type.cast(AbstractResponse.parseResponse(api, new ByteBufferAccessor(bytes.buffer()), version));
    }

    private OffsetCommitResponse commit(short version, String topic, Uuid id, int... partitions) {
        List<OffsetCommitRequestPartition> all = new ArrayList<>();
        for (int partition : partitions) {
            all.add(new OffsetCommitRequestPartition()
                    .setPartitionIndex(partition)
                    .setCommittedOffset(100 + partition));
        }
        return call(
                ApiKeys.OFFSET_COMMIT,
                version,
                new OffsetCommitRequestData()
                        .setGroupId("billing")
                        .setGenerationIdOrMemberEpoch(-1)
                        .setTopics(List.of(new OffsetCommitRequestTopic()
                                .setName(topic)
                                .setTopicId(id)
                                .setPartitions(all))),
                OffsetCommitResponse.class);
    }

    @Test
    void offsetsAreCommittedAndFetchedInEveryVersion() {
        for (short version = ApiKeys.OFFSET_COMMIT.oldestVersion();
                version <= ApiKeys.OFFSET_COMMIT.latestVersion(true);
                version++) {
            OffsetCommitResponse answer = version < 10
                    ? commit(version, "orders", Uuid.ZERO_UUID, 0, 2, 3)
                    : commit(version, "", orders.id(), 0, 2, 3);

            OffsetCommitResponseTopic topic = answer.data().topics().getFirst();
            assertThat(topic.name()).isEqualTo(version < 10 ? "orders" : "");
            assertThat(topic.topicId()).isEqualTo(version < 10 ? Uuid.ZERO_UUID : orders.id());
            assertThat(topic.partitions())
                    .as("version %d", version)
                    .extracting(partition -> partition.partitionIndex() + ":" + Errors.forCode(partition.errorCode()))
                    .containsExactlyInAnyOrder("0:NONE", "2:NONE", "3:UNKNOWN_TOPIC_OR_PARTITION");
        }
        for (short version = ApiKeys.OFFSET_FETCH.oldestVersion();
                version <= ApiKeys.OFFSET_FETCH.latestVersion(true);
                version++) {
            assertThat(fetched(version)).as("version %d", version).containsExactly("0=100", "1=-1", "2=102");
        }
    }

    private List<String> fetched(short version) {
        List<Integer> indexes = List.of(0, 1, 2);
        OffsetFetchRequestData wanted = new OffsetFetchRequestData();
        if (version < 8) {
            wanted.setGroupId("billing")
                    .setTopics(List.of(
                            new OffsetFetchRequestTopic().setName("orders").setPartitionIndexes(indexes)));
        } else {
            OffsetFetchRequestTopics topic = new OffsetFetchRequestTopics().setPartitionIndexes(indexes);
            wanted.setGroups(List.of(new OffsetFetchRequestGroup()
                    .setGroupId("billing")
                    .setTopics(List.of(version < 10 ? topic.setName("orders") : topic.setTopicId(orders.id())))));
        }
        OffsetFetchResponseData data = call(ApiKeys.OFFSET_FETCH, version, wanted, OffsetFetchResponse.class)
                .data();
        List<String> offsets = new ArrayList<>();
        if (version < 8) {
            data.topics()
                    .getFirst()
                    .partitions()
                    .forEach(partition -> offsets.add(partition.partitionIndex() + "=" + partition.committedOffset()));
        } else {
            data.groups()
                    .getFirst()
                    .topics()
                    .getFirst()
                    .partitions()
                    .forEach(partition -> offsets.add(partition.partitionIndex() + "=" + partition.committedOffset()));
        }
        return offsets;
    }

    @Test
    void topicsThatDoNotExistAreRefused() {
        OffsetCommitResponse byName = commit((short) 9, "nowhere", Uuid.ZERO_UUID, 0);
        assertThat(byName.data().topics().getFirst().partitions().getFirst().errorCode())
                .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());

        OffsetCommitResponse byId = commit((short) 10, "", Uuid.randomUuid(), 0);
        assertThat(byId.data().topics().getFirst().partitions().getFirst().errorCode())
                .isEqualTo(Errors.UNKNOWN_TOPIC_ID.code());

        OffsetDeleteResponse deleted = call(
                ApiKeys.OFFSET_DELETE,
                (short) 0,
                new OffsetDeleteRequestData()
                        .setGroupId("billing")
                        .setTopics(new OffsetDeleteRequestTopicCollection(List.of(new OffsetDeleteRequestTopic()
                                        .setName("nowhere")
                                        .setPartitions(
                                                List.of(new OffsetDeleteRequestPartition().setPartitionIndex(1))))
                                .iterator())),
                OffsetDeleteResponse.class);
        assertThat(Errors.forCode(deleted.data().errorCode())).isEqualTo(Errors.GROUP_ID_NOT_FOUND);
    }

    @Test
    void manyGroupsAreFetchedAtOnceAllTopicsWhereNoneAreNamed() {
        commit((short) 9, "orders", Uuid.ZERO_UUID, 0, 1);

        OffsetFetchResponse answer = call(
                ApiKeys.OFFSET_FETCH,
                (short) 10,
                new OffsetFetchRequestData()
                        .setGroups(List.of(
                                new OffsetFetchRequestGroup()
                                        .setGroupId("billing")
                                        .setTopics(null),
                                new OffsetFetchRequestGroup()
                                        .setGroupId("empty")
                                        .setTopics(null),
                                new OffsetFetchRequestGroup()
                                        .setGroupId("billing-2")
                                        .setTopics(List.of(new OffsetFetchRequestTopics()
                                                .setTopicId(Uuid.randomUuid())
                                                .setPartitionIndexes(List.of(0)))))),
                OffsetFetchResponse.class);

        OffsetFetchResponseGroup billing = answer.group("billing");
        assertThat(billing.topics()).singleElement().satisfies(topic -> {
            assertThat(topic.topicId()).isEqualTo(orders.id());
            assertThat(topic.partitions())
                    .extracting(partition -> partition.committedOffset())
                    .containsExactlyInAnyOrder(100L, 101L);
        });
        assertThat(answer.group("empty").topics()).isEmpty();
        assertThat(answer.group("billing-2")
                        .topics()
                        .getFirst()
                        .partitions()
                        .getFirst()
                        .errorCode())
                .isEqualTo(Errors.UNKNOWN_TOPIC_ID.code());
    }

    @Test
    void offsetsOfAnEarlierTopicOfTheSameNameAreNotItsSuccessors() {
        commit((short) 9, "orders", Uuid.ZERO_UUID, 0);
        // The coordinator of the moment hears of neither deletion nor creation: as if the shard had moved meanwhile.
        groups.close();
        topics.delete(orders);
        orders = topics.create("orders", 3);
        groups = RunningGroups.start(store, topics);
        Apis.Builder builder = Apis.builder();
        GroupApis.register(builder, groups.service, topics, shard -> Node.noNode());
        apis = builder.build();

        assertThat(fetched((short) 9)).containsExactly("0=-1", "1=-1", "2=-1");
        assertThat(fetched((short) 10)).containsExactly("0=-1", "1=-1", "2=-1");
    }

    @Test
    void deletedOffsetsAreGone() {
        commit((short) 9, "orders", Uuid.ZERO_UUID, 0, 1);

        OffsetDeleteResponse deleted = call(
                ApiKeys.OFFSET_DELETE,
                (short) 0,
                new OffsetDeleteRequestData()
                        .setGroupId("billing")
                        .setTopics(new OffsetDeleteRequestTopicCollection(List.of(new OffsetDeleteRequestTopic()
                                        .setName("orders")
                                        .setPartitions(List.of(
                                                new OffsetDeleteRequestPartition().setPartitionIndex(1),
                                                new OffsetDeleteRequestPartition().setPartitionIndex(9))))
                                .iterator())),
                OffsetDeleteResponse.class);

        assertThat(deleted.data().topics().find("orders").partitions())
                .extracting(partition -> partition.partitionIndex() + ":" + Errors.forCode(partition.errorCode()))
                .containsExactlyInAnyOrder("1:NONE", "9:UNKNOWN_TOPIC_OR_PARTITION");
        assertThat(fetched((short) 9)).containsExactly("0=100", "1=-1", "2=-1");
    }

    @Test
    void rule4WithoutAConfirmedLeaseNothingIsAnsweredFromMemory() {
        commit((short) 9, "orders", Uuid.ZERO_UUID, 0);
        groups.mayServe.set(false);

        for (short version = ApiKeys.OFFSET_FETCH.oldestVersion();
                version <= ApiKeys.OFFSET_FETCH.latestVersion(true);
                version++) {
            OffsetFetchRequestData wanted = version < 8
                    ? new OffsetFetchRequestData()
                            .setGroupId("billing")
                            .setTopics(List.of(new OffsetFetchRequestTopic()
                                    .setName("orders")
                                    .setPartitionIndexes(List.of(0))))
                    : new OffsetFetchRequestData()
                            .setGroups(List.of(new OffsetFetchRequestGroup()
                                    .setGroupId("billing")
                                    .setTopics(List.of())));
            OffsetFetchResponse answer = call(ApiKeys.OFFSET_FETCH, version, wanted, OffsetFetchResponse.class);
            assertThat(answer.errorCounts()).as("version %d", version).containsKey(Errors.NOT_COORDINATOR);
        }
        assertThat(call(
                                ApiKeys.DESCRIBE_GROUPS,
                                (short) 6,
                                new DescribeGroupsRequestData().setGroups(List.of("billing")),
                                DescribeGroupsResponse.class)
                        .errorCounts())
                .containsOnlyKeys(Errors.NOT_COORDINATOR);
        assertThat(call(
                                ApiKeys.CONSUMER_GROUP_DESCRIBE,
                                (short) 1,
                                new ConsumerGroupDescribeRequestData().setGroupIds(List.of("billing")),
                                ConsumerGroupDescribeResponse.class)
                        .errorCounts())
                .containsOnlyKeys(Errors.NOT_COORDINATOR);
        assertThat(call(ApiKeys.LIST_GROUPS, (short) 5, new ListGroupsRequestData(), ListGroupsResponse.class)
                        .data()
                        .errorCode())
                .isEqualTo(Errors.NOT_COORDINATOR.code());

        // Writes are confirmed by the store itself.
        assertThat(commit((short) 9, "orders", Uuid.ZERO_UUID, 1).errorCounts()).containsOnlyKeys(Errors.NONE);
    }

    @Test
    void groupsAreListedDescribedAndDeleted() {
        commit((short) 9, "orders", Uuid.ZERO_UUID, 0);

        assertThat(call(ApiKeys.LIST_GROUPS, (short) 5, new ListGroupsRequestData(), ListGroupsResponse.class)
                        .data()
                        .groups())
                .singleElement()
                .satisfies(group -> {
                    assertThat(group.groupId()).isEqualTo("billing");
                    assertThat(group.groupState()).isEqualTo("Empty");
                });
        DescribeGroupsResponse described = call(
                ApiKeys.DESCRIBE_GROUPS,
                (short) 6,
                new DescribeGroupsRequestData()
                        .setGroups(List.of("billing", "unknown"))
                        .setIncludeAuthorizedOperations(true),
                DescribeGroupsResponse.class);
        Map<String, DescribedGroup> byId = described.data().groups().stream()
                .collect(Collectors.toMap(DescribedGroup::groupId, Function.identity()));
        assertThat(byId.get("billing").groupState()).isEqualTo("Empty");
        // Read, delete, describe, describe configs, alter configs.
        assertThat(byId.get("billing").authorizedOperations()).isEqualTo(1 << 3 | 1 << 6 | 1 << 8 | 1 << 10 | 1 << 11);
        assertThat(Errors.forCode(byId.get("unknown").errorCode())).isEqualTo(Errors.GROUP_ID_NOT_FOUND);

        DeleteGroupsResponse deleted = call(
                ApiKeys.DELETE_GROUPS,
                (short) 2,
                new DeleteGroupsRequestData().setGroupsNames(List.of("billing", "billing", "unknown")),
                DeleteGroupsResponse.class);
        assertThat(deleted.data().results()).hasSize(2);
        assertThat(deleted.errors().get("billing")).isEqualTo(Errors.NONE);
        assertThat(deleted.errors().get("unknown")).isEqualTo(Errors.GROUP_ID_NOT_FOUND);
        assertThat(store.range("groups/").entries()).isEmpty();
    }

    @Test
    void theCoordinatorOfAGroupIsTheOwnerOfItsShard() {
        String host = "broker-of-" + groups.service.shardOf("billing");
        for (short version = ApiKeys.FIND_COORDINATOR.oldestVersion();
                version <= ApiKeys.FIND_COORDINATOR.latestVersion(true);
                version++) {
            FindCoordinatorRequestData wanted = version < 4
                    ? new FindCoordinatorRequestData().setKey("billing")
                    : new FindCoordinatorRequestData().setCoordinatorKeys(List.of("billing", "shipping"));
            FindCoordinatorResponse answer =
                    call(ApiKeys.FIND_COORDINATOR, version, wanted, FindCoordinatorResponse.class);

            FindCoordinatorResponseData.Coordinator found =
                    answer.coordinatorByKey("billing").orElseThrow();
            assertThat(found.host()).as("version %d", version).isEqualTo(host);
            assertThat(found.nodeId()).isEqualTo(7);
            assertThat(answer.coordinators()).hasSize(version < 4 ? 1 : 2);
        }
    }

    @Test
    void thereIsNoCoordinatorForTransactionsAndShareGroups() {
        for (byte type : new byte[] {1, 2, 9}) {
            FindCoordinatorResponse answer = call(
                    ApiKeys.FIND_COORDINATOR,
                    (short) 6,
                    new FindCoordinatorRequestData().setKeyType(type).setCoordinatorKeys(List.of("any")),
                    FindCoordinatorResponse.class);
            assertThat(Errors.forCode(answer.coordinators().getFirst().errorCode()))
                    .isEqualTo(Errors.INVALID_REQUEST);
            assertThat(answer.coordinators().getFirst().errorMessage()).contains("no transactions");
        }
    }

    @Test
    void requestsOfMembersThatAreUnknownAndOfBadGroupsAreAnsweredInEveryVersion() {
        everyVersion(
                ApiKeys.HEARTBEAT,
                new HeartbeatRequestData().setGroupId("billing").setMemberId("nobody"),
                Errors.UNKNOWN_MEMBER_ID);
        everyVersion(
                ApiKeys.HEARTBEAT, new HeartbeatRequestData().setGroupId("").setMemberId("x"), Errors.INVALID_GROUP_ID);
        everyVersion(
                ApiKeys.LEAVE_GROUP,
                new LeaveGroupRequestData().setGroupId("billing").setMemberId("nobody"),
                Errors.UNKNOWN_MEMBER_ID,
                (short) 0,
                (short) 2);
        everyVersion(
                ApiKeys.JOIN_GROUP,
                new JoinGroupRequestData()
                        .setGroupId("")
                        .setProtocolType("consumer")
                        .setSessionTimeoutMs(30_000),
                Errors.INVALID_GROUP_ID);
        everyVersion(
                ApiKeys.JOIN_GROUP,
                new JoinGroupRequestData()
                        .setGroupId("billing")
                        .setProtocolType("consumer")
                        .setSessionTimeoutMs(1),
                Errors.INVALID_SESSION_TIMEOUT);
        everyVersion(
                ApiKeys.CONSUMER_GROUP_HEARTBEAT,
                new ConsumerGroupHeartbeatRequestData()
                        .setGroupId("billing")
                        .setMemberId("nobody")
                        .setMemberEpoch(5),
                Errors.GROUP_ID_NOT_FOUND);
    }

    private void everyVersion(ApiKeys api, ApiMessage data, Errors expected) {
        everyVersion(api, data, expected, api.oldestVersion(), api.latestVersion(true));
    }

    private void everyVersion(ApiKeys api, ApiMessage data, Errors expected, short from, short to) {
        for (short version = from; version <= to; version++) {
            assertThat(call(api, version, data, AbstractResponse.class).errorCounts())
                    .as("%s version %d", api, version)
                    .containsOnlyKeys(expected);
        }
    }

    @Test
    void syncMustNameTheProtocolFromVersionFiveOn() {
        SyncGroupRequestData data =
                new SyncGroupRequestData().setGroupId("billing").setMemberId("nobody");

        SyncGroupResponse before = call(ApiKeys.SYNC_GROUP, (short) 4, data, SyncGroupResponse.class);
        SyncGroupResponse since = call(ApiKeys.SYNC_GROUP, (short) 5, data, SyncGroupResponse.class);

        assertThat(before.error()).isEqualTo(Errors.UNKNOWN_MEMBER_ID);
        assertThat(since.error()).isEqualTo(Errors.INCONSISTENT_GROUP_PROTOCOL);
    }
}
