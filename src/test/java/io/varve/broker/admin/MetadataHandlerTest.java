package io.varve.broker.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.cluster.Leadership;
import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord;
import io.varve.cluster.Topic;
import io.varve.metadata.MetadataException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponsePartition;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.MetadataRequest;
import org.apache.kafka.common.requests.MetadataResponse;
import org.junit.jupiter.api.Test;

class MetadataHandlerTest {
    private final AdminWorld world = new AdminWorld();

    private MetadataResponseData ask(MetadataRequest request) {
        return ask(world, request);
    }

    private static MetadataResponseData ask(AdminWorld world, MetadataRequest request) {
        return world.ask(request, MetadataResponse.class).data();
    }

    private static MetadataRequest names(boolean create, String... names) {
        return new MetadataRequest.Builder(List.of(names), create).build();
    }

    private static Errors error(MetadataResponseTopic topic) {
        return Errors.forCode(topic.errorCode());
    }

    @Test
    void allTopics_inEveryVersion() {
        world.topics.add("b", 2);
        world.topics.add("a", 1);
        for (short version : ApiKeys.METADATA.allVersions()) {
            var data = new MetadataRequestData().setTopics(version == 0 ? List.of() : null);

            MetadataResponseData answer = ask(new MetadataRequest(data, version));

            assertThat(answer.topics())
                    .as("version %d", version)
                    .extracting(MetadataResponseTopic::name)
                    .containsExactlyInAnyOrder("a", "b");
            assertThat(answer.brokers().find(1).host()).isEqualTo("one.example");
            assertThat(answer.topics().find("b").partitions()).hasSize(2);
            if (version >= 2) {
                assertThat(answer.clusterId()).isEqualTo(AdminWorld.CLUSTER);
                assertThat(answer.controllerId()).isEqualTo(1);
                assertThat(answer.brokers().find(1).rack()).isEqualTo("rack-a");
            }
        }
    }

    @Test
    void noTopics_isBrokersOnly() {
        world.topics.add("a", 1);

        MetadataResponseData answer = ask(names(true));

        assertThat(answer.topics()).isEmpty();
        assertThat(answer.brokers()).hasSize(1);
    }

    @Test
    void partitions_ownerIsLeader_ensembleIsReplicas() {
        // Given a partition on two brokers, one of which is gone, and one that nobody owns
        world.withBrokers(2);
        Topic topic = world.topics.add("a", 2);
        world.leaders.put(new PartitionId(topic.id(), 0), new Leadership.Leader(2, 9, List.of(2, 5), List.of(2)));
        world.leaders.put(
                new PartitionId(topic.id(), 1),
                new Leadership.Leader(PartitionRecord.NO_OWNER, 3, List.of(1), List.of()));
        // When
        MetadataResponseTopic answer = ask(names(false, "a")).topics().find("a");
        // Then
        assertThat(answer.topicId()).isEqualTo(topic.id());
        assertThat(answer.isInternal()).isFalse();
        assertThat(answer.topicAuthorizedOperations()).isEqualTo(Integer.MIN_VALUE);
        MetadataResponsePartition first = answer.partitions().getFirst();
        assertThat(first.errorCode()).isZero();
        assertThat(first.leaderId()).isEqualTo(2);
        assertThat(first.leaderEpoch()).isEqualTo(9);
        assertThat(first.replicaNodes()).containsExactly(2, 5);
        assertThat(first.isrNodes()).containsExactly(2);
        assertThat(first.offlineReplicas()).containsExactly(5);
        MetadataResponsePartition second = answer.partitions().get(1);
        assertThat(Errors.forCode(second.errorCode())).isEqualTo(Errors.LEADER_NOT_AVAILABLE);
        assertThat(second.leaderId()).isEqualTo(-1);
        assertThat(second.offlineReplicas()).isEmpty();
    }

    @Test
    void byId() {
        Topic topic = world.topics.add("a", 1);
        Uuid unknown = Uuid.randomUuid();

        MetadataResponseData answer = ask(
                MetadataRequest.Builder.forTopicIds(Set.of(topic.id(), unknown)).build());

        assertThat(answer.topics()).hasSize(2);
        assertThat(answer.topics())
                .filteredOn(found -> found.topicId().equals(topic.id()))
                .singleElement()
                .satisfies(found -> assertThat(found.name()).isEqualTo("a"));
        assertThat(answer.topics())
                .filteredOn(found -> found.topicId().equals(unknown))
                .singleElement()
                .satisfies(found -> {
                    assertThat(error(found)).isEqualTo(Errors.UNKNOWN_TOPIC_ID);
                    assertThat(found.name()).isNull();
                });
    }

    @Test
    void byId_inAVersionThatCannot_isRefused() {
        var data = new MetadataRequestData()
                .setTopics(List.of(new MetadataRequestTopic().setName("a").setTopicId(Uuid.randomUuid())));

        assertThatThrownBy(() -> ask(new MetadataRequest(data, (short) 11)))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessage("Topic IDs are not supported in requests for version 11");
    }

    @Test
    void unknownNames_areCreatedWithTheBrokersDefaults() {
        AdminWorld three = new AdminWorld(Map.of("num.partitions", "3"));

        MetadataResponseTopic answer = ask(three, names(true, "fresh")).topics().find("fresh");

        assertThat(error(answer)).isEqualTo(Errors.NONE);
        assertThat(answer.partitions()).hasSize(3);
        assertThat(three.topics.byName("fresh").orElseThrow().partitions()).isEqualTo(3);
        assertThat(answer.topicId())
                .isEqualTo(three.topics.byName("fresh").orElseThrow().id());
    }

    @Test
    void unknownNames_areNotCreated_whenTheClientOrTheBrokerForbidsIt() {
        AdminWorld strict = new AdminWorld(Map.of("auto.create.topics.enable", "false"));

        assertThat(error(ask(names(false, "x")).topics().find("x"))).isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
        assertThat(error(ask(strict, names(true, "x")).topics().find("x")))
                .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
        assertThat(world.topics.all()).isEmpty();
        assertThat(strict.topics.all()).isEmpty();
    }

    @Test
    void internalTopics_areMarked_butNeverCreatedByALook() {
        world.topics.add("__transaction_state", 1);

        MetadataResponseData answer = ask(names(true, "__transaction_state", "__consumer_offsets"));

        assertThat(answer.topics().find("__transaction_state").isInternal()).isTrue();
        MetadataResponseTopic missing = answer.topics().find("__consumer_offsets");
        assertThat(error(missing)).isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
        assertThat(missing.isInternal()).isTrue();
    }

    @Test
    void badNames_andCollidingOnes_areInvalid() {
        world.topics.add("a.b", 1);

        MetadataResponseData answer = ask(names(true, "no spaces", "a_b", "..", "x".repeat(250)));

        assertThat(answer.topics())
                .hasSize(4)
                .allSatisfy(topic -> assertThat(error(topic)).isEqualTo(Errors.INVALID_TOPIC_EXCEPTION));
        assertThat(world.topics.all()).hasSize(1);
    }

    @Test
    void aNameAskedForTwice_isAnsweredOnce() {
        assertThat(ask(names(true, "a", "a")).topics()).hasSize(1);
    }

    @Test
    void creationThatFails_isToldPerTopic() {
        AdminWorld few = new AdminWorld(Map.of("default.replication.factor", "3"));
        assertThat(error(ask(few, names(true, "a")).topics().find("a"))).isEqualTo(Errors.INVALID_REPLICATION_FACTOR);

        world.topics.failWith(new MetadataException(MetadataException.Kind.UNAVAILABLE, "etcd is away", null));
        assertThat(error(ask(names(true, "a")).topics().find("a"))).isEqualTo(Errors.REQUEST_TIMED_OUT);
    }

    @Test
    void authorizedOperations_areAll_whenAskedFor() {
        world.topics.add("a", 1);
        var data = new MetadataRequestData()
                .setTopics(null)
                .setIncludeClusterAuthorizedOperations(true)
                .setIncludeTopicAuthorizedOperations(true);

        MetadataResponseData answer = ask(new MetadataRequest(data, (short) 10));

        // READ, WRITE, CREATE, DELETE, ALTER, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS
        assertThat(answer.topics().find("a").topicAuthorizedOperations())
                .isEqualTo(1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 8 | 1 << 10 | 1 << 11);
        // CREATE, ALTER, DESCRIBE, CLUSTER_ACTION, DESCRIBE_CONFIGS, ALTER_CONFIGS, IDEMPOTENT_WRITE
        assertThat(answer.clusterAuthorizedOperations())
                .isEqualTo(1 << 5 | 1 << 7 | 1 << 8 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 12);
    }
}
