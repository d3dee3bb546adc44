package io.varve.broker.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsAssignment;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.CreatePartitionsResponseData.CreatePartitionsTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.CreatePartitionsRequest;
import org.apache.kafka.common.requests.CreatePartitionsResponse;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CreatePartitionsHandlerTest {
    private final AdminWorld world = new AdminWorld().withBrokers(3);

    @BeforeEach
    void aTopicOfThree() {
        world.topics.add("a", 3);
    }

    private static CreatePartitionsTopic to(int count) {
        return new CreatePartitionsTopic().setName("a").setCount(count).setAssignments(null);
    }

    private static CreatePartitionsTopic to(int count, List<List<Integer>> assignments) {
        return to(count)
                .setAssignments(assignments.stream()
                        .map(brokers -> new CreatePartitionsAssignment().setBrokerIds(brokers))
                        .toList());
    }

    private List<CreatePartitionsTopicResult> ask(
            boolean validateOnly, short version, CreatePartitionsTopic... topics) {
        var data = new CreatePartitionsRequestData().setTimeoutMs(30_000).setValidateOnly(validateOnly);
        for (CreatePartitionsTopic topic : topics) {
            data.topics().mustAdd(topic);
        }
        return world.ask(new CreatePartitionsRequest.Builder(data).build(version), CreatePartitionsResponse.class)
                .data()
                .results();
    }

    private CreatePartitionsTopicResult grow(CreatePartitionsTopic topic) {
        return ask(false, ApiKeys.CREATE_PARTITIONS.latestVersion(), topic).getFirst();
    }

    private void refused(CreatePartitionsTopic topic, Errors error, String message) {
        CreatePartitionsTopicResult result = grow(topic);
        assertThat(Errors.forCode(result.errorCode())).isEqualTo(error);
        assertThat(result.errorMessage()).isEqualTo(message);
        assertThat(partitions()).isEqualTo(3);
    }

    private int partitions() {
        return world.topics.byName("a").orElseThrow().partitions();
    }

    @Test
    void grows_inEveryVersion() {
        int count = 3;
        for (short version : ApiKeys.CREATE_PARTITIONS.allVersions()) {
            count++;
            assertThat(ask(false, version, to(count)).getFirst().errorCode()).isZero();
            assertThat(partitions()).isEqualTo(count);
        }
    }

    @Test
    void validateOnly_changesNothing() {
        short version = ApiKeys.CREATE_PARTITIONS.latestVersion();

        assertThat(ask(true, version, to(9)).getFirst().errorCode()).isZero();
        assertThat(Errors.forCode(ask(true, version, to(2)).getFirst().errorCode()))
                .isEqualTo(Errors.INVALID_PARTITIONS);
        assertThat(partitions()).isEqualTo(3);
    }

    @Test
    void onlyMoreIsPossible() {
        refused(to(3), Errors.INVALID_PARTITIONS, "Topic already has 3 partition(s).");
        refused(
                to(2),
                Errors.INVALID_PARTITIONS,
                "The topic a currently has 3 partition(s); 2 would not be an increase.");
        refused(
                to(100_001),
                Errors.INVALID_PARTITIONS,
                "Number of partitions was set to 100001: a topic can have at most 100000.");
    }

    @Test
    void assignments_mustFit() {
        refused(
                to(5, List.of(List.of(1))),
                Errors.INVALID_REPLICA_ASSIGNMENT,
                "Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified.");
        refused(
                to(4, List.of(List.of(1, 2))),
                Errors.INVALID_REPLICA_ASSIGNMENT,
                "The manual partition assignment includes a partition with 2 replica(s), but this is not consistent with previous partitions, which have 1 replica(s).");
        refused(
                to(4, List.of(List.of(7))),
                Errors.INVALID_REPLICA_ASSIGNMENT,
                "The manual partition assignment includes broker 7, but no such broker is registered.");

        assertThat(grow(to(5, List.of(List.of(3), List.of(1)))).errorCode()).isZero();
        assertThat(partitions()).isEqualTo(5);
    }

    @Test
    void unknownTopics_andDuplicates() {
        short version = ApiKeys.CREATE_PARTITIONS.latestVersion();

        List<CreatePartitionsTopicResult> results = ask(false, version, to(4), to(5), to(4).setName("b"));

        assertThat(results).hasSize(2);
        assertThat(results.getFirst().name()).isEqualTo("b");
        assertThat(Errors.forCode(results.getFirst().errorCode())).isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
        assertThat(Errors.forCode(results.get(1).errorCode())).isEqualTo(Errors.INVALID_REQUEST);
        assertThat(results.get(1).errorMessage()).isEqualTo("Duplicate topic name.");
        assertThat(partitions()).isEqualTo(3);
    }
}
