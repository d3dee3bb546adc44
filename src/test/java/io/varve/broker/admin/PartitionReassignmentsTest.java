package io.varve.broker.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignablePartition;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignableTopic;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData.ReassignablePartitionResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AlterPartitionReassignmentsRequest;
import org.apache.kafka.common.requests.AlterPartitionReassignmentsResponse;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PartitionReassignmentsTest {
    private final AdminWorld world = new AdminWorld().withBrokers(3);

    @BeforeEach
    void aTopicOfThree() {
        world.topics.add("a", 3);
    }

    private ReassignablePartitionResponse reassign(String topic, int partition, @Nullable List<Integer> brokers) {
        var data = new AlterPartitionReassignmentsRequestData()
                .setTimeoutMs(30_000)
                .setTopics(List.of(new ReassignableTopic()
                        .setName(topic)
                        .setPartitions(List.of(new ReassignablePartition()
                                .setPartitionIndex(partition)
                                .setReplicas(brokers)))));
        return world.ask(
                        new AlterPartitionReassignmentsRequest.Builder(data)
                                .build(ApiKeys.ALTER_PARTITION_REASSIGNMENTS.latestVersion()),
                        AlterPartitionReassignmentsResponse.class)
                .data()
                .responses()
                .getFirst()
                .partitions()
                .getFirst();
    }

    private void refused(ReassignablePartitionResponse response, Errors error) {
        assertThat(Errors.forCode(response.errorCode())).isEqualTo(error);
        assertThat(response.errorMessage()).isNotBlank();
        assertThat(world.topics.byName("a").orElseThrow().assignment(1)).isEmpty();
    }

    @Test
    void aPartitionGetsItsNewBrokers_othersKeepTheirs() {
        assertThat(reassign("a", 1, List.of(3, 1)).errorCode()).isEqualTo(Errors.NONE.code());

        assertThat(world.topics.byName("a").orElseThrow().assignment(1)).containsExactly(3, 1);
        assertThat(world.topics.byName("a").orElseThrow().assignment(0)).isEmpty();
        assertThat(world.topics.byName("a").orElseThrow().replicas(1)).isEqualTo(2);
    }

    @Test
    void whatWasMovedByHandIsLeftAloneByThePlacer_untilThatIsTakenBack() {
        assertThat(reassign("a", 1, List.of(3, 1)).errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(world.topics.byName("a").orElseThrow().isByHand(1)).isTrue();

        assertThat(reassign("a", 1, null).errorCode()).isEqualTo(Errors.NONE.code());

        assertThat(world.topics.byName("a").orElseThrow().isByHand(1)).isFalse();
        assertThat(world.topics.byName("a").orElseThrow().assignment(1)).containsExactly(3, 1);
        assertThat(reassign("a", 1, null).errorCode()).isEqualTo(Errors.NO_REASSIGNMENT_IN_PROGRESS.code());
    }

    @Test
    void whatMakesNoSense_isRefusedWithWords() {
        refused(reassign("a", 3, List.of(1)), Errors.UNKNOWN_TOPIC_OR_PARTITION);
        refused(reassign("a", -1, List.of(1)), Errors.UNKNOWN_TOPIC_OR_PARTITION);
        refused(reassign("none", 0, List.of(1)), Errors.UNKNOWN_TOPIC_OR_PARTITION);
        refused(reassign("a", 1, List.of()), Errors.INVALID_REPLICA_ASSIGNMENT);
        refused(reassign("a", 1, List.of(1, 1)), Errors.INVALID_REPLICA_ASSIGNMENT);
        refused(reassign("a", 1, List.of(9)), Errors.INVALID_REPLICA_ASSIGNMENT);
        refused(reassign("a", 1, null), Errors.NO_REASSIGNMENT_IN_PROGRESS);
    }
}
