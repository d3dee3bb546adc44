package io.varve.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.testkit.Cluster;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Groups as an operator sees and changes them, with the Java admin client, for both group protocols. */
@RealClient
class JavaGroupAdminTest {
    enum Protocol {
        CLASSIC,
        CONSUMER;

        GroupType type() {
            return this == CLASSIC ? GroupType.CLASSIC : GroupType.CONSUMER;
        }
    }

    private final Cluster cluster;
    private final Admin admin;

    JavaGroupAdminTest(Cluster cluster) {
        this.cluster = cluster;
        this.admin = Clients.admin(cluster);
    }

    @AfterEach
    void close() {
        admin.close();
    }

    @ParameterizedTest
    @EnumSource
    void listsAndDescribesAGroupWithAMemberAndAfterIt(Protocol protocol) {
        String topic = Clients.topic(cluster, "listed", 2, Map.of());
        String group = Clients.unique("listed");
        Clients.sendNumbers(cluster, topic, 0, 5);
        // Given a member that reads
        try (var consumer = member(group, protocol)) {
            consumer.subscribe(List.of(topic));
            Clients.poll(consumer, 5);
            consumer.commitSync();
            // Then
            var described = describe(group);
            assertThat(described.groupState()).isEqualTo(GroupState.STABLE);
            assertThat(described.type()).isEqualTo(protocol.type());
            assertThat(described.members()).singleElement().satisfies(member -> {
                assertThat(member.clientId()).isEqualTo("reader");
                assertThat(member.assignment().topicPartitions())
                        .containsExactlyInAnyOrder(new TopicPartition(topic, 0), new TopicPartition(topic, 1));
            });
            assertThat(listing(group).groupState()).contains(GroupState.STABLE);
            assertThat(listing(group).type()).contains(protocol.type());
        }
        // When it has left
        Awaitility.await()
                .atMost(Clients.LIMIT)
                .untilAsserted(() -> assertThat(describe(group).groupState()).isEqualTo(GroupState.EMPTY));
        assertThat(describe(group).members()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void resetsAGroupToAnotherOffset(Protocol protocol) {
        String topic = Clients.topic(cluster, "reset", 1, Map.of());
        var partition = new TopicPartition(topic, 0);
        String group = Clients.unique("reset");
        Clients.sendNumbers(cluster, topic, 0, 10);
        readAllAndCommit(group, protocol, topic, 10);
        assertThat(committed(group)).containsOnlyKeys(partition);
        assertThat(committed(group).get(partition).offset()).isEqualTo(10);
        // When
        Clients.get(admin.alterConsumerGroupOffsets(group, Map.of(partition, new OffsetAndMetadata(4)))
                .all());
        // Then it reads from there again
        try (var consumer = member(group, protocol)) {
            consumer.subscribe(List.of(topic));
            assertThat(Clients.poll(consumer, 6))
                    .extracting(ConsumerRecord::value)
                    .containsExactly("4", "5", "6", "7", "8", "9");
        }
    }

    @ParameterizedTest
    @EnumSource
    void deletesOffsetsAndGroupsOnlyWhenNobodyUsesThem(Protocol protocol) {
        String topic = Clients.topic(cluster, "deleted", 1, Map.of());
        var partition = new TopicPartition(topic, 0);
        String group = Clients.unique("deleted");
        Clients.sendNumbers(cluster, topic, 0, 3);
        // Given a member: then the group cannot be deleted
        try (var consumer = member(group, protocol)) {
            consumer.subscribe(List.of(topic));
            Clients.poll(consumer, 3);
            consumer.commitSync();
            assertThatThrownBy(() -> Clients.get(
                            admin.deleteConsumerGroups(List.of(group)).all()))
                    .isInstanceOf(GroupNotEmptyException.class);
        }
        Awaitility.await().atMost(Clients.LIMIT).until(() -> describe(group).groupState() == GroupState.EMPTY);
        // Given none: first the offset goes, then the group
        Clients.get(admin.deleteConsumerGroupOffsets(group, Set.of(partition)).all());
        assertThat(committed(group)).isEmpty();
        Clients.get(admin.alterConsumerGroupOffsets(group, Map.of(partition, new OffsetAndMetadata(1)))
                .all());
        Clients.get(admin.deleteConsumerGroups(List.of(group)).all());
        assertThat(Clients.get(admin.listGroups().all()))
                .extracting(GroupListing::groupId)
                .doesNotContain(group);
        assertThatThrownBy(() ->
                        Clients.get(admin.deleteConsumerGroups(List.of(group)).all()))
                .isInstanceOf(GroupIdNotFoundException.class);
    }

    private void readAllAndCommit(String group, Protocol protocol, String topic, int count) {
        try (var consumer = member(group, protocol)) {
            consumer.subscribe(List.of(topic));
            Clients.poll(consumer, count);
            consumer.commitSync();
        }
    }

    private Consumer<String, String> member(String group, Protocol protocol) {
        return Clients.consumer(
                cluster,
                Map.of(
                        "group.id",
                        group,
                        "group.protocol",
                        protocol == Protocol.CLASSIC ? "classic" : "consumer",
                        "client.id",
                        "reader"));
    }

    private ConsumerGroupDescription describe(String group) {
        return Clients.get(admin.describeConsumerGroups(List.of(group)).all()).get(group);
    }

    private GroupListing listing(String group) {
        return Clients.get(
                        admin.listGroups(ListGroupsOptions.forConsumerGroups()).all())
                .stream()
                .filter(listing -> listing.groupId().equals(group))
                .findFirst()
                .orElseThrow();
    }

    private Map<TopicPartition, OffsetAndMetadata> committed(String group) {
        return Clients.get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
    }
}
