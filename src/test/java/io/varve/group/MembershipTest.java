package io.varve.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.metadata.EmbeddedStore;
import io.varve.metadata.Entry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData.DescribedGroup;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocol;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocolCollection;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupRequestData.SyncGroupRequestAssignment;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Members of groups of both protocols, over restarts of the coordinator. */
class MembershipTest {
    @TempDir
    Path directory;

    private EmbeddedStore store;
    private final FakeTopics topics = new FakeTopics();
    private Uuid orders;

    @BeforeEach
    void open() {
        store = EmbeddedStore.open(directory);
        orders = topics.create("orders", 4).id();
    }

    @AfterEach
    void close() {
        store.close();
    }

    private static JoinGroupResponseData join(RunningGroups groups, String memberId) {
        JoinGroupRequestProtocolCollection protocols = new JoinGroupRequestProtocolCollection();
        protocols.add(new JoinGroupRequestProtocol()
                .setName("range")
                .setMetadata(Utils.toArray(ConsumerProtocol.serializeSubscription(
                        new ConsumerPartitionAssignor.Subscription(List.of("orders"))))));
        return RunningGroups.get(groups.coordinator()
                .joinGroup(
                        RunningGroups.context(ApiKeys.JOIN_GROUP),
                        new JoinGroupRequestData()
                                .setGroupId("billing")
                                .setMemberId(memberId)
                                .setProtocolType("consumer")
                                .setSessionTimeoutMs(30_000)
                                .setRebalanceTimeoutMs(30_000)
                                .setProtocols(protocols),
                        BufferSupplier.NO_CACHING));
    }

    private static SyncGroupResponseData sync(RunningGroups groups, JoinGroupResponseData joined, String assignment) {
        return RunningGroups.get(groups.coordinator()
                .syncGroup(
                        RunningGroups.context(ApiKeys.SYNC_GROUP),
                        new SyncGroupRequestData()
                                .setGroupId("billing")
                                .setMemberId(joined.memberId())
                                .setGenerationId(joined.generationId())
                                .setProtocolType("consumer")
                                .setProtocolName("range")
                                .setAssignments(List.of(new SyncGroupRequestAssignment()
                                        .setMemberId(joined.memberId())
                                        .setAssignment(assignment.getBytes(StandardCharsets.UTF_8)))),
                        BufferSupplier.NO_CACHING));
    }

    private static Errors heartbeat(RunningGroups groups, JoinGroupResponseData joined) {
        return Errors.forCode(RunningGroups.get(groups.coordinator()
                        .heartbeat(
                                RunningGroups.context(ApiKeys.HEARTBEAT),
                                new HeartbeatRequestData()
                                        .setGroupId("billing")
                                        .setMemberId(joined.memberId())
                                        .setGenerationId(joined.generationId())))
                .errorCode());
    }

    @Test
    void aMemberOfAClassicGroupGoesOnAfterTheCoordinatorHasRestarted() {
        JoinGroupResponseData joined;
        try (RunningGroups groups = RunningGroups.start(store, topics)) {
            JoinGroupResponseData first = join(groups, "");
            assertThat(Errors.forCode(first.errorCode())).isEqualTo(Errors.MEMBER_ID_REQUIRED);
            joined = join(groups, first.memberId());
            assertThat(Errors.forCode(joined.errorCode())).isEqualTo(Errors.NONE);
            assertThat(joined.leader()).isEqualTo(joined.memberId());
            assertThat(sync(groups, joined, "all").errorCode()).isEqualTo(Errors.NONE.code());
            assertThat(heartbeat(groups, joined)).isEqualTo(Errors.NONE);
        }

        try (RunningGroups groups = RunningGroups.start(store, topics)) {
            assertThat(heartbeat(groups, joined)).isEqualTo(Errors.NONE);
            assertThat(new String(sync(groups, joined, "ignored").assignment(), StandardCharsets.UTF_8))
                    .isEqualTo("all");

            RunningGroups.get(groups.coordinator()
                    .leaveGroup(
                            RunningGroups.context(ApiKeys.LEAVE_GROUP),
                            new LeaveGroupRequestData()
                                    .setGroupId("billing")
                                    .setMembers(List.of(new MemberIdentity().setMemberId(joined.memberId())))));
            assertThat(heartbeat(groups, joined)).isEqualTo(Errors.UNKNOWN_MEMBER_ID);
        }
    }

    private ConsumerGroupHeartbeatResponseData consumerHeartbeat(
            RunningGroups groups, String member, int epoch, List<String> subscribed) {
        return RunningGroups.get(groups.coordinator()
                .consumerGroupHeartbeat(
                        RunningGroups.context(ApiKeys.CONSUMER_GROUP_HEARTBEAT),
                        new ConsumerGroupHeartbeatRequestData()
                                .setGroupId("shipping")
                                .setMemberId(member)
                                .setMemberEpoch(epoch)
                                .setRebalanceTimeoutMs(epoch == 0 ? 30_000 : -1)
                                .setSubscribedTopicNames(subscribed)
                                .setTopicPartitions(epoch == 0 ? List.of() : null)));
    }

    /** Heartbeats until the coordinator has an assignment: it may be worked out in the background. */
    private ConsumerGroupHeartbeatResponseData joinConsumer(RunningGroups groups, String member) {
        ConsumerGroupHeartbeatResponseData answer = consumerHeartbeat(groups, member, 0, List.of("orders"));
        while (answer.errorCode() == Errors.NONE.code()
                && (answer.assignment() == null
                        || answer.assignment().topicPartitions().isEmpty())) {
            answer = consumerHeartbeat(groups, member, answer.memberEpoch(), null);
        }
        return answer;
    }

    private DescribedGroup describe(RunningGroups groups) {
        return RunningGroups.get(groups.coordinator()
                        .consumerGroupDescribe(
                                RunningGroups.context(ApiKeys.CONSUMER_GROUP_DESCRIBE), List.of("shipping")))
                .getFirst();
    }

    @Test
    void aMemberOfAConsumerGroupGoesOnAfterTheCoordinatorHasRestarted() {
        String member = Uuid.randomUuid().toString();
        int epoch;
        try (RunningGroups groups = RunningGroups.start(store, topics)) {
            ConsumerGroupHeartbeatResponseData joined = joinConsumer(groups, member);

            assertThat(Errors.forCode(joined.errorCode())).isEqualTo(Errors.NONE);
            assertThat(joined.assignment().topicPartitions()).singleElement().satisfies(assigned -> {
                assertThat(assigned.topicId()).isEqualTo(orders);
                assertThat(assigned.partitions()).containsExactlyInAnyOrder(0, 1, 2, 3);
            });
            epoch = joined.memberEpoch();
        }

        try (RunningGroups groups = RunningGroups.start(store, topics)) {
            ConsumerGroupHeartbeatResponseData next = consumerHeartbeat(groups, member, epoch, null);

            assertThat(Errors.forCode(next.errorCode())).isEqualTo(Errors.NONE);
            assertThat(next.memberEpoch()).isEqualTo(epoch);
            DescribedGroup described = describe(groups);
            assertThat(described.groupState()).isEqualTo("Stable");
            assertThat(described.members()).singleElement().satisfies(one -> {
                assertThat(one.memberId()).isEqualTo(member);
                assertThat(one.assignment().topicPartitions().getFirst().partitions())
                        .containsExactlyInAnyOrder(0, 1, 2, 3);
            });

            // It leaves: what is stored of it goes, too.
            consumerHeartbeat(groups, member, -1, null);
            assertThat(describe(groups).groupState()).isEqualTo("Empty");
            assertThat(store.range("groups/").entries()).extracting(Entry::key).noneMatch(key -> key.contains(member));
        }
    }

    @Test
    void aNewPartitionIsGivenToAMember() {
        String member = Uuid.randomUuid().toString();
        try (RunningGroups groups = RunningGroups.start(store, topics)) {
            ConsumerGroupHeartbeatResponseData joined = joinConsumer(groups, member);

            topics.addPartitions(topics.byName("orders").orElseThrow(), 5);

            org.awaitility.Awaitility.await().atMost(RunningGroups.LONG).until(() -> {
                ConsumerGroupHeartbeatResponseData answer =
                        consumerHeartbeat(groups, member, joined.memberEpoch(), List.of("orders"));
                return describe(groups).members().getFirst().targetAssignment().topicPartitions().stream()
                        .anyMatch(assigned -> assigned.partitions().contains(4) && answer != null);
            });
        }
    }

    @Test
    void groupConfigsAreKeptAndChecked() {
        try (RunningGroups groups = RunningGroups.start(store, topics)) {
            groups.service.configs().set("shipping", Map.of("consumer.session.timeout.ms", "50000"), false);
            groups.service.configs().set("shipping", Map.of("consumer.session.timeout.ms", "51000"), true);
            assertThat(groups.service.configs().own("shipping"))
                    .isEqualTo(Map.of("consumer.session.timeout.ms", "50000"));
            assertThat(store.get("group-configs/shipping").orElseThrow().text())
                    .isEqualTo("{\"consumer.session.timeout.ms\":\"50000\"}");
            for (Map<String, String> bad : List.of(
                    Map.of("consumer.session.timeout.ms", "1"),
                    Map.of("consumer.session.timeout.ms", "soon"),
                    Map.of("no.such.config", "1"))) {
                org.assertj.core.api.Assertions.assertThatThrownBy(
                                () -> groups.service.configs().set("shipping", bad, false))
                        .as("%s", bad)
                        .isInstanceOf(InvalidConfigurationException.class);
            }
        }

        try (RunningGroups groups = RunningGroups.start(store, topics)) {
            assertThat(groups.coordinator()
                            .groupConfig("shipping")
                            .orElseThrow()
                            .consumerSessionTimeoutMs())
                    .isEqualTo(50_000);
            groups.service.configs().set("shipping", Map.of(), false);
            assertThat(store.get("group-configs/shipping")).isEmpty();
            assertThat(groups.service.configs().defaults()).containsEntry("consumer.session.timeout.ms", "45000");
        }
    }
}
