package io.varve.broker.forward;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.broker.Reply;
import io.varve.replica.ForwardException.Outcome;
import io.varve.replica.Forwarder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.message.DescribeGroupsResponseData.DescribedGroup;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.message.ListGroupsResponseData.ListedGroup;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.message.ProduceResponseData.TopicProduceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.DescribeGroupsRequest;
import org.apache.kafka.common.requests.DescribeGroupsResponse;
import org.apache.kafka.common.requests.HeartbeatRequest;
import org.apache.kafka.common.requests.ListGroupsRequest;
import org.apache.kafka.common.requests.ListGroupsResponse;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse;
import org.junit.jupiter.api.Test;

/** Requests that are divided: who gets what, in which order, and what becomes of the answers and of failures. */
class SplitHandlerTest {
    private static final short BY_NAME = 12;
    private static final short BY_ID = 13;

    private final World world = new World();
    private final SplitHandler produce = new SplitHandler(RecordSplits.produce(world.where()), world.delivery());

    private static ProduceRequest produce(short version, int acks, int... partitions) {
        TopicProduceData topic = version >= BY_ID
                ? new TopicProduceData().setTopicId(World.TOPIC.id())
                : new TopicProduceData().setName("t");
        for (int partition : partitions) {
            SimpleRecord record = new SimpleRecord(("for " + partition).getBytes(StandardCharsets.US_ASCII));
            topic.partitionData()
                    .add(new PartitionProduceData()
                            .setIndex(partition)
                            .setRecords(MemoryRecords.withRecords(Compression.NONE, record)));
        }
        ProduceRequestData data = new ProduceRequestData().setAcks((short) acks).setTimeoutMs(1_500);
        data.topicData().add(topic);
        return new ProduceRequest(data, version);
    }

    private static List<Integer> partitions(World.Asked asked) {
        List<Integer> partitions = new ArrayList<>();
        ((ProduceRequest) asked.body)
                .data()
                .topicData()
                .forEach(topic -> topic.partitionData().forEach(each -> partitions.add(each.index())));
        return partitions;
    }

    /** Every partition of what was asked is answered, with ten times its index for a base offset. */
    private static void append(World.Asked asked, int throttleMillis) {
        ProduceResponseData data = new ProduceResponseData().setThrottleTimeMs(throttleMillis);
        ((ProduceRequest) asked.body).data().topicData().forEach(topic -> {
            TopicProduceResponse answer =
                    new TopicProduceResponse().setName(topic.name()).setTopicId(topic.topicId());
            topic.partitionData()
                    .forEach(each -> answer.partitionResponses()
                            .add(new PartitionProduceResponse()
                                    .setIndex(each.index())
                                    .setBaseOffset(10L * each.index())));
            data.responses().add(answer);
        });
        asked.answer(new ProduceResponse(data));
    }

    private static List<String> answers(CompletableFuture<Reply> reply) {
        ProduceResponse response = (ProduceResponse) ((Reply.Send) reply.join()).response();
        List<String> answers = new ArrayList<>();
        response.data()
                .responses()
                .forEach(topic -> topic.partitionResponses()
                        .forEach(each -> answers.add(
                                each.index() + "@" + each.baseOffset() + " " + Errors.forCode(each.errorCode()))));
        return answers;
    }

    @Test
    void eachOwnerGetsItsPartitions_andTheAnswersComeInTheOrderOfTheRequest() {
        for (short version : new short[] {BY_NAME, BY_ID}) {
            world.asked.clear();
            CompletableFuture<Reply> reply = world.ask(produce, produce(version, -1, 5, 0, 2, 4, 1));
            assertThat(partitions(world.of(3))).containsExactly(5, 2);
            assertThat(partitions(world.of(1))).containsExactly(0);
            assertThat(partitions(world.of(2))).containsExactly(4, 1);
            assertThat(world.of(2).timeoutMillis).isEqualTo(6_500);
            // In any order
            append(world.of(2), 0);
            append(world.of(1), 70);
            assertThat(reply).isNotDone();
            append(world.of(3), 30);
            assertThat(answers(reply)).containsExactly("5@50 NONE", "0@0 NONE", "2@20 NONE", "4@40 NONE", "1@10 NONE");
            assertThat(((Reply.Send) reply.join()).response().throttleTimeMs()).isEqualTo(70);
            assertThat(world.of(2).answer.refCnt()).isZero();
        }
    }

    @Test
    void recordsGoOverAsTheyAre() {
        ProduceRequest request = produce(BY_ID, -1, 0, 1);
        var _ = world.ask(produce, request);
        MemoryRecords sent = (MemoryRecords) ((ProduceRequest) world.of(2).body)
                .data()
                .topicData()
                .find("", World.TOPIC.id())
                .partitionData()
                .getFirst()
                .records();
        MemoryRecords given = (MemoryRecords) request.data()
                .topicData()
                .find("", World.TOPIC.id())
                .partitionData()
                .get(1)
                .records();
        assertThat(sent.buffer()).isEqualTo(given.buffer());
    }

    @Test
    void pipelinedRequestsAreOnTheirWayInOrderBeforeAnyIsAnswered() {
        for (int number = 0; number < 20; number++) {
            var _ = world.ask(produce, produce(BY_ID, -1, 1, number % 2 == 0 ? 4 : 2));
        }
        List<List<Integer>> toSecond = world.asked.stream()
                .filter(one -> one.broker == 2)
                .map(SplitHandlerTest::partitions)
                .toList();
        assertThat(toSecond).hasSize(20);
        for (int number = 0; number < 20; number++) {
            assertThat(toSecond.get(number)).isEqualTo(number % 2 == 0 ? List.of(1, 4) : List.of(1));
        }
    }

    @Test
    void aProduceThatWasNotSentIsRefused_oneWhoseOutcomeIsUnknownTimesOut_othersAreNotAffected() {
        CompletableFuture<Reply> reply = world.ask(produce, produce(BY_ID, -1, 0, 1, 2));
        append(world.of(1), 0);
        world.of(2).fail(Outcome.NOT_SENT);
        world.of(3).fail(Outcome.UNKNOWN);
        assertThat(answers(reply)).containsExactly("0@0 NONE", "1@-1 NOT_LEADER_OR_FOLLOWER", "2@-1 REQUEST_TIMED_OUT");
    }

    @Test
    void aProduceWithoutAcksThatFailedClosesTheConnection() {
        CompletableFuture<Reply> reply = world.ask(produce, produce(BY_ID, 0, 1, 2));
        world.of(2).remote.complete(new Forwarder.Answer.Nothing());
        world.of(3).fail(Outcome.UNKNOWN);
        assertThat(reply.join()).isInstanceOf(Reply.Disconnect.class);
    }

    @Test
    void aTopicThatDoesNotExistIsForThisBrokerToRefuse() {
        TopicProduceData unknown = new TopicProduceData()
                .setTopicId(Uuid.ONE_UUID)
                .setPartitionData(List.of(new PartitionProduceData().setRecords(MemoryRecords.EMPTY)));
        ProduceRequestData data = new ProduceRequestData().setAcks((short) -1);
        data.topicData().add(unknown);
        var _ = world.ask(produce, new ProduceRequest(data, BY_ID));
        assertThat(world.asked)
                .singleElement()
                .satisfies(one -> assertThat(one.broker).isEqualTo(1));
    }

    @Test
    void groupsAreAskedOfTheirCoordinators_andComeInTheOrderOfTheRequest() {
        SplitHandler describe =
                new SplitHandler(GroupSplits.all(world.where()).get(ApiKeys.DESCRIBE_GROUPS), world.delivery());
        List<String> groups = List.of("g-4", "g-0", "g-2", "g-1");
        CompletableFuture<Reply> reply = world.ask(
                describe, new DescribeGroupsRequest.Builder(new DescribeGroupsRequestData().setGroups(groups)).build());
        for (World.Asked one : List.copyOf(world.asked)) {
            DescribeGroupsResponseData data = new DescribeGroupsResponseData();
            ((DescribeGroupsRequest) one.body)
                    .data()
                    .groups()
                    .forEach(group -> data.groups()
                            .add(new DescribedGroup().setGroupId(group).setProtocolData("of " + one.broker)));
            one.answer(new DescribeGroupsResponse(data));
        }
        DescribeGroupsResponse response = (DescribeGroupsResponse) ((Reply.Send) reply.join()).response();
        assertThat(response.data().groups())
                .extracting(group -> group.groupId() + " " + group.protocolData())
                .containsExactly("g-4 of 2", "g-0 of 1", "g-2 of 3", "g-1 of 2");
    }

    @Test
    void aMemberWhoseCoordinatorCannotBeReachedIsTold() {
        SplitHandler heartbeat =
                new SplitHandler(GroupSplits.all(world.where()).get(ApiKeys.HEARTBEAT), world.delivery());
        CompletableFuture<Reply> reply = world.ask(
                heartbeat,
                new HeartbeatRequest.Builder(
                                new HeartbeatRequestData().setGroupId("g-1").setMemberId("m"))
                        .build());
        world.of(2).fail(Outcome.UNKNOWN);
        assertThat(((Reply.Send) reply.join()).response().errorCounts()).containsOnlyKeys(Errors.NOT_COORDINATOR);
    }

    @Test
    void groupsOfAllBrokersAreOneList_unlessOneCannotBeAsked() {
        SplitHandler list = new SplitHandler(EveryBroker.groups(world.where()), world.delivery());
        CompletableFuture<Reply> all =
                world.ask(list, new ListGroupsRequest.Builder(new ListGroupsRequestData()).build());
        for (World.Asked one : List.copyOf(world.asked)) {
            one.answer(new ListGroupsResponse(
                    new ListGroupsResponseData().setGroups(List.of(new ListedGroup().setGroupId("of " + one.broker)))));
        }
        assertThat(((ListGroupsResponse) ((Reply.Send) all.join()).response())
                        .data()
                        .groups())
                .extracting(ListedGroup::groupId)
                .containsExactly("of 1", "of 2", "of 3");
        world.asked.clear();
        CompletableFuture<Reply> some =
                world.ask(list, new ListGroupsRequest.Builder(new ListGroupsRequestData()).build());
        world.of(1).answer(new ListGroupsResponse(new ListGroupsResponseData()));
        world.of(2).fail(Outcome.NOT_SENT);
        world.of(3).answer(new ListGroupsResponse(new ListGroupsResponseData()));
        assertThat(((ListGroupsResponse) ((Reply.Send) some.join()).response())
                        .data()
                        .errorCode())
                .isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE.code());
    }
}
