package io.varve.broker.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.cluster.Leadership.Leader;
import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ElectLeadersRequest;
import org.apache.kafka.common.requests.ElectLeadersResponse;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ElectLeadersHandlerTest {
    private final AdminWorld world = new AdminWorld().withBrokers(3);

    @BeforeEach
    void aTopicWhosePreferredOwnersAreAllThere() {
        world.topics.create("a", 3, (short) 2, Map.of(), List.of(List.of(1, 2), List.of(2, 1), List.of(9, 1)));
        for (int partition = 0; partition < 3; partition++) {
            owns(partition, 1);
        }
    }

    private void owns(int partition, int broker) {
        world.leaders.put(
                new PartitionId(world.topics.byName("a").orElseThrow().id(), partition),
                new Leader(broker, 4, List.of(1, 2), List.of(1, 2)));
    }

    private Map<Integer, Errors> elect(ElectionType type, Set<TopicPartition> partitions) {
        var request = new ElectLeadersRequest.Builder(type, partitions, 0).build(ApiKeys.ELECT_LEADERS.latestVersion());
        ElectLeadersResponse response = world.ask(request, ElectLeadersResponse.class);
        Map<Integer, Errors> errors = new HashMap<>();
        response.data()
                .replicaElectionResults()
                .forEach(topic -> topic.partitionResult()
                        .forEach(result -> errors.put(result.partitionId(), Errors.forCode(result.errorCode()))));
        return errors;
    }

    private int asked(int partition) {
        return world.topics.byName("a").orElseThrow().placed(partition).elections();
    }

    @Test
    void thePreferredOwnerIsAskedFor_anyTimeAnew_andTheAnswerSaysWhenItHasIt() {
        // Given an owner that does not hand over in time
        assertThat(elect(ElectionType.PREFERRED, Set.of(new TopicPartition("a", 1))))
                .isEqualTo(Map.of(1, Errors.REQUEST_TIMED_OUT));
        assertThat(asked(1)).isEqualTo(1);
        assertThat(asked(0)).isZero();

        // When it does, as soon as it is asked
        world.topics.onChange(() -> owns(1, 2));
        assertThat(elect(ElectionType.PREFERRED, Set.of(new TopicPartition("a", 1))))
                .isEqualTo(Map.of(1, Errors.NONE));
        assertThat(asked(1)).isEqualTo(2);
        assertThat(elect(ElectionType.PREFERRED, Set.of(new TopicPartition("a", 1))))
                .isEqualTo(Map.of(1, Errors.ELECTION_NOT_NEEDED));
        assertThat(world.topics.byName("a").orElseThrow().assignment(1)).containsExactly(2, 1);
    }

    @Test
    void whatIsNotNeededOrNotPossible_isToldAtOnce() {
        assertThat(elect(
                        ElectionType.PREFERRED,
                        Set.of(
                                new TopicPartition("a", 0),
                                new TopicPartition("a", 2),
                                new TopicPartition("a", 3),
                                new TopicPartition("none", 0))))
                .containsEntry(2, Errors.PREFERRED_LEADER_NOT_AVAILABLE)
                .containsEntry(3, Errors.UNKNOWN_TOPIC_OR_PARTITION);
        assertThat(elect(ElectionType.PREFERRED, Set.of(new TopicPartition("a", 0))))
                .isEqualTo(Map.of(0, Errors.ELECTION_NOT_NEEDED));
        assertThat(asked(2)).isZero();
    }

    @Test
    void forAllPartitions_thoseThatNeedNothingAreLeftOut() {
        assertThat(elect(ElectionType.PREFERRED, null))
                .isEqualTo(Map.of(1, Errors.REQUEST_TIMED_OUT, 2, Errors.PREFERRED_LEADER_NOT_AVAILABLE));
    }

    @Test
    void anUncleanElectionChangesNothing_andSaysWhatToDo() {
        owns(1, PartitionRecord.NO_OWNER);
        assertThat(elect(ElectionType.UNCLEAN, Set.of(new TopicPartition("a", 0), new TopicPartition("a", 1))))
                .isEqualTo(Map.of(0, Errors.ELECTION_NOT_NEEDED, 1, Errors.ELIGIBLE_LEADERS_NOT_AVAILABLE));
    }

    @Test
    void aStoreThatIsAway_isToldForEachPartition() {
        world.topics.failWith(new org.apache.kafka.common.errors.TimeoutException("away"));
        assertThat(elect(ElectionType.PREFERRED, Set.of(new TopicPartition("a", 1))))
                .isEqualTo(Map.of(1, Errors.REQUEST_TIMED_OUT));
        assertThat(asked(1)).isZero();
    }
}
