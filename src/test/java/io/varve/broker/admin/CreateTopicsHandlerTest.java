package io.varve.broker.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.cluster.Topic;
import io.varve.metadata.MetadataException;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableReplicaAssignment;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicConfigs;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResultCollection;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.CreateTopicsRequest;
import org.apache.kafka.common.requests.CreateTopicsResponse;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;
import org.junit.jupiter.api.Test;

class CreateTopicsHandlerTest {
    private final AdminWorld world = new AdminWorld(Map.of("num.partitions", "4", "log.retention.hours", "2"));

    private static CreatableTopic topic(String name, int partitions, int replicationFactor) {
        return new CreatableTopic().setName(name).setNumPartitions(partitions).setReplicationFactor((short)
                replicationFactor);
    }

    private static CreatableTopic with(CreatableTopic topic, String config, String value) {
        topic.configs().add(new CreatableTopicConfig().setName(config).setValue(value));
        return topic;
    }

    private static CreatableTopic assigned(String name, List<List<Integer>> brokersByPartition) {
        CreatableTopic topic = topic(name, -1, -1);
        for (int index = 0; index < brokersByPartition.size(); index++) {
            topic.assignments()
                    .add(new CreatableReplicaAssignment()
                            .setPartitionIndex(index)
                            .setBrokerIds(brokersByPartition.get(index)));
        }
        return topic;
    }

    private CreatableTopicResultCollection ask(boolean validateOnly, CreatableTopic... topics) {
        var data = new CreateTopicsRequestData().setTimeoutMs(30_000).setValidateOnly(validateOnly);
        for (CreatableTopic topic : topics) {
            data.topics().mustAdd(topic);
        }
        return ask(data, ApiKeys.CREATE_TOPICS.latestVersion());
    }

    private CreatableTopicResultCollection ask(CreateTopicsRequestData data, short version) {
        return world.ask(new CreateTopicsRequest.Builder(data).build(version), CreateTopicsResponse.class)
                .data()
                .topics();
    }

    private void refused(CreatableTopic topic, Errors error, String message) {
        CreatableTopicResult result = ask(false, topic).find(topic.name());
        assertThat(Errors.forCode(result.errorCode())).isEqualTo(error);
        assertThat(result.errorMessage()).isEqualTo(message);
        assertThat(world.topics.byName(topic.name())).isEmpty();
    }

    @Test
    void creates_andTellsWhatItMade() {
        CreatableTopicResult result =
                ask(false, with(topic("a", 3, 1), "retention.ms", "1000")).find("a");

        Topic made = world.topics.byName("a").orElseThrow();
        assertThat(made.partitions()).isEqualTo(3);
        assertThat(made.configs()).isEqualTo(Map.of("retention.ms", "1000"));
        assertThat(result.errorCode()).isZero();
        assertThat(result.topicId()).isEqualTo(made.id());
        assertThat(result.numPartitions()).isEqualTo(3);
        assertThat(result.replicationFactor()).isEqualTo((short) 1);
        assertThat(result.configs())
                .filteredOn(config -> config.name().equals("retention.ms"))
                .singleElement()
                .satisfies(config -> {
                    assertThat(config.value()).isEqualTo("1000");
                    assertThat(config.configSource()).isEqualTo(ConfigSource.TOPIC_CONFIG.id());
                    assertThat(config.readOnly()).isFalse();
                });
    }

    @Test
    void createsInEveryVersion() {
        for (short version : ApiKeys.CREATE_TOPICS.allVersions()) {
            var data = new CreateTopicsRequestData().setTimeoutMs(30_000);
            data.topics().mustAdd(topic("v" + version, 2, 1));

            CreatableTopicResult result = ask(data, version).find("v" + version);

            assertThat(result.errorCode()).as("version %d", version).isZero();
            assertThat(world.topics.byName("v" + version)).isPresent();
        }
    }

    @Test
    void minusOne_isTheBrokersDefault() {
        CreatableTopicResult result = ask(false, topic("a", -1, -1)).find("a");

        assertThat(result.numPartitions()).isEqualTo(4);
        assertThat(result.replicationFactor()).isEqualTo((short) 1);
        CreatableTopicConfigs retention = result.configs().stream()
                .filter(config -> config.name().equals("retention.ms"))
                .findFirst()
                .orElseThrow();
        assertThat(retention.value()).isEqualTo("7200000");
        assertThat(retention.configSource()).isEqualTo(ConfigSource.STATIC_BROKER_CONFIG.id());
    }

    @Test
    void validateOnly_changesNothing() {
        CreatableTopicResult good = ask(true, topic("a", 2, 1)).find("a");
        CreatableTopicResult bad = ask(true, topic("b", 0, 1)).find("b");

        assertThat(good.errorCode()).isZero();
        assertThat(good.topicId()).isEqualTo(Uuid.ZERO_UUID);
        assertThat(good.numPartitions()).isEqualTo(2);
        assertThat(Errors.forCode(bad.errorCode())).isEqualTo(Errors.INVALID_PARTITIONS);
        assertThat(world.topics.all()).isEmpty();
    }

    @Test
    void names() {
        refused(
                topic("a b", 1, 1),
                Errors.INVALID_TOPIC_EXCEPTION,
                "Topic name is invalid: 'a b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'");
        refused(topic("..", 1, 1), Errors.INVALID_TOPIC_EXCEPTION, "Topic name is invalid: '..' is not allowed");
        refused(
                topic("__cluster_metadata", 1, 1),
                Errors.INVALID_REQUEST,
                "Creation of internal topic __cluster_metadata is prohibited.");
        world.topics.add("a.b_c", 1);
        refused(
                topic("a_b.c", 1, 1),
                Errors.INVALID_TOPIC_EXCEPTION,
                "Topic 'a_b.c' collides with existing topic: a.b_c");
    }

    @Test
    void aNameThatIsTaken() {
        world.topics.add("a", 1);

        CreatableTopicResult result = ask(false, topic("a", 5, 1)).find("a");

        assertThat(Errors.forCode(result.errorCode())).isEqualTo(Errors.TOPIC_ALREADY_EXISTS);
        assertThat(result.errorMessage()).isEqualTo("Topic 'a' already exists.");
        assertThat(world.topics.byName("a").orElseThrow().partitions()).isEqualTo(1);
    }

    @Test
    void counts() {
        refused(
                topic("a", 0, 1),
                Errors.INVALID_PARTITIONS,
                "Number of partitions was set to an invalid non-positive value.");
        refused(
                topic("a", 100_001, 1),
                Errors.INVALID_PARTITIONS,
                "Number of partitions was set to 100001: a topic can have at most 100000.");
        refused(
                topic("a", 1, 0),
                Errors.INVALID_REPLICATION_FACTOR,
                "Replication factor must be larger than 0, or -1 to use the default value.");
        refused(
                topic("a", 1, 2),
                Errors.INVALID_REPLICATION_FACTOR,
                "Unable to replicate the partition 2 time(s): The target replication factor of 2 cannot be reached because only 1 broker(s) are registered.");
    }

    @Test
    void manualAssignments_areTaken() {
        world.withBrokers(3);

        CreatableTopicResult result =
                ask(false, assigned("a", List.of(List.of(2), List.of(3)))).find("a");

        assertThat(result.errorCode()).isZero();
        Topic made = world.topics.byName("a").orElseThrow();
        assertThat(made.partitions()).isEqualTo(2);
        assertThat(made.replicationFactor()).isEqualTo((short) 1);
        assertThat(made.assignments()).containsExactly(List.of(2), List.of(3));
    }

    @Test
    void partitionsGoToTheBrokersThatOwnLeast() {
        world.withBrokers(3);
        ask(false, assigned("a", List.of(List.of(1), List.of(1), List.of(3))));

        ask(false, topic("b", 4, 1));

        assertThat(world.topics.byName("b").orElseThrow().assignments())
                .containsExactly(List.of(2), List.of(3), List.of(1), List.of(2));
    }

    @Test
    void copies_areAssignedToDifferentBrokers() {
        world.withBrokers(3);

        ask(false, topic("a", 3, 2));

        assertThat(world.topics.byName("a").orElseThrow().assignments())
                .hasSize(3)
                .allSatisfy(
                        brokers -> assertThat(brokers).doesNotHaveDuplicates().hasSize(2));
        refused(
                topic("b", 1, 4),
                Errors.INVALID_REPLICATION_FACTOR,
                "Unable to replicate the partition 4 time(s): The target replication factor of 4 cannot be reached because "
                        + "only 3 broker(s) are registered.");
    }

    @Test
    void manualAssignments_thatMakeNoSense() {
        world.withBrokers(3);
        refused(
                assigned("a", List.of(List.of(1, 9))),
                Errors.INVALID_REPLICA_ASSIGNMENT,
                "The manual partition assignment includes broker 9, but no such broker is registered.");
        refused(
                assigned("a", List.of(List.of(2, 2))),
                Errors.INVALID_REPLICA_ASSIGNMENT,
                "The manual partition assignment includes the broker 2 more than once.");
        refused(
                assigned("a", List.of(List.of())),
                Errors.INVALID_REPLICA_ASSIGNMENT,
                "The manual partition assignment includes an empty replica list.");
        refused(
                assigned("a", List.of(List.of(1), List.of(1, 2))),
                Errors.INVALID_REPLICA_ASSIGNMENT,
                "The manual partition assignment includes a partition with 2 replica(s), but this is not consistent with previous partitions, which have 1 replica(s).");
        CreatableTopic gap = topic("a", -1, -1);
        gap.assignments()
                .add(new CreatableReplicaAssignment().setPartitionIndex(1).setBrokerIds(List.of(1)));
        refused(gap, Errors.INVALID_REPLICA_ASSIGNMENT, "partitions should be a consecutive 0-based integer sequence");
        refused(
                assigned("a", List.of(List.of(1))).setNumPartitions(1),
                Errors.INVALID_REQUEST,
                "A manual partition assignment was specified, but numPartitions was not set to -1.");
        refused(
                assigned("a", List.of(List.of(1))).setReplicationFactor((short) 1),
                Errors.INVALID_REQUEST,
                "A manual partition assignment was specified, but replication factor was not set to -1.");
    }

    @Test
    void configs() {
        refused(
                with(topic("a", 1, 1), "retentoin.ms", "1"),
                Errors.INVALID_CONFIG,
                "Unknown topic config name: retentoin.ms");
        refused(
                with(topic("a", 1, 1), "retention.ms", "soon"),
                Errors.INVALID_CONFIG,
                "Invalid value soon for configuration retention.ms: Not a number of type LONG");
        refused(
                with(with(topic("a", 1, 1), "retention.ms", null), "segment.ms", null),
                Errors.INVALID_CONFIG,
                "Null value not supported for topic configs: retention.ms,segment.ms");
    }

    @Test
    void aNameTwiceInOneRequest_isRefused_theOthersAreMade() {
        var data = new CreateTopicsRequestData().setTimeoutMs(30_000);
        data.topics().mustAdd(topic("a", 1, 1));
        data.topics().mustAdd(topic("b", 1, 1));
        data.topics().mustAdd(topic("a", 2, 1));

        CreatableTopicResultCollection results = ask(data, ApiKeys.CREATE_TOPICS.latestVersion());

        assertThat(results).hasSize(2);
        assertThat(Errors.forCode(results.find("a").errorCode())).isEqualTo(Errors.INVALID_REQUEST);
        assertThat(results.find("a").errorMessage()).isEqualTo("Duplicate topic name.");
        assertThat(results.find("b").errorCode()).isZero();
        assertThat(world.topics.all()).extracting(Topic::name).containsExactly("b");
    }

    @Test
    void whatDoesNotFitIntoTheTimeout_isNotBegun() {
        // Given every look at the clock takes 40 ms
        world.time.stepMillis = 40;
        var data = new CreateTopicsRequestData().setTimeoutMs(100);
        for (String name : List.of("a", "b", "c")) {
            data.topics().mustAdd(topic(name, 1, 1));
        }
        // When
        CreatableTopicResultCollection results = ask(data, ApiKeys.CREATE_TOPICS.latestVersion());
        // Then
        assertThat(results.find("b").errorCode()).isZero();
        assertThat(Errors.forCode(results.find("c").errorCode())).isEqualTo(Errors.REQUEST_TIMED_OUT);
        assertThat(world.topics.all()).extracting(Topic::name).containsExactly("a", "b");
    }

    @Test
    void theMetadataStore_saysWhetherAnythingWasChanged() {
        world.topics.failWith(new MetadataException(MetadataException.Kind.OUTCOME_UNKNOWN, "etcd", null));
        CreatableTopicResult unknown = ask(false, topic("a", 1, 1)).find("a");
        world.topics.failWith(new MetadataException(MetadataException.Kind.NO_SPACE, "etcd is full", null));
        CreatableTopicResult full = ask(false, topic("a", 1, 1)).find("a");

        assertThat(Errors.forCode(unknown.errorCode())).isEqualTo(Errors.REQUEST_TIMED_OUT);
        assertThat(unknown.errorMessage()).contains("may or may not");
        assertThat(Errors.forCode(full.errorCode())).isEqualTo(Errors.POLICY_VIOLATION);
        assertThat(full.errorMessage()).isEqualTo("etcd is full");
    }
}
