package io.varve.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.varve.testkit.Cluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three brokers share the partitions and the groups; one after the other stops, is killed and comes back under load. */
@Tag("process")
class SeveralBrokersTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int PARTITIONS = 6;

    @TempDir
    Path folder;

    @Test
    void partitionsAreHandedOverAndTakenBack_andNothingAcknowledgedIsLostOrDoubled() throws Exception {
        // Given three brokers, each of which owns two of six partitions
        try (ThreeBrokers three = ThreeBrokers.start(folder)) {
            String topic = Clients.topic(three, "shared", PARTITIONS, Map.of("segment.bytes", "1048576"));
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(three.owned(topic).values())
                            .hasSize(3)
                            .allSatisfy(some -> assertThat(some).hasSize(2)));
            try (NumberedLoad load = new NumberedLoad(three, topic, PARTITIONS)) {
                load.awaitProgress();

                // When partitions are given to other brokers, they go there
                try (Admin admin = Clients.admin(three)) {
                    Clients.get(admin.alterPartitionReassignments(Map.of(
                                    new TopicPartition(topic, 0), Optional.of(moved(3)),
                                    new TopicPartition(topic, 1), Optional.of(moved(3))))
                            .all());
                    await().atMost(LIMIT)
                            .until(() -> three.owned(topic)
                                    .getOrDefault(3, List.of())
                                    .containsAll(List.of(0, 1)));
                    await().atMost(LIMIT)
                            .until(() -> Clients.get(
                                            admin.listPartitionReassignments().reassignments())
                                    .isEmpty());
                }
                load.awaitProgress();

                // When one stops, the others own its partitions
                three.second().terminate();
                load.awaitProgress();
                assertThat(three.owned(topic).keySet()).containsExactlyInAnyOrder(1, 3);

                // When one is killed and comes back, it goes on with what only its disk has
                three.third().kill9();
                three.third().restart();
                load.awaitProgress();

                // And when the first one is gone for good, after the second came back, so are its partitions
                three.second().restart();
                three.first().broker().terminate();
                load.awaitProgress();
                assertThat(three.owned(topic).keySet()).doesNotContain(1);
                three.first().broker().restart();

                // Then every number is there once and in its order
                load.endAndCheck();
            }
        }
    }

    @Test
    void groupsMoveToTheBrokersThatAreThere() {
        try (ThreeBrokers three = ThreeBrokers.start(folder)) {
            String topic = Clients.topic(three, "grouped", PARTITIONS, Map.of());
            Set<String> groups = Set.of("a", "b", "c", "d", "e", "f", "g", "h");
            TopicPartition partition = new TopicPartition(topic, 0);
            // A coordinator hears of a new topic a moment later than the broker that made it
            await().atMost(LIMIT).ignoreExceptions().untilAsserted(() -> commit(three, groups, partition, 7));
            assertThat(coordinators(three, groups)).hasSizeGreaterThan(1);

            // One stops, one is killed: the offsets are where the groups are
            three.second().terminate();
            three.third().kill9();
            await().atMost(LIMIT).until(() -> coordinators(three, groups).equals(Set.of(1)));
            assertThat(committed(three, groups, partition)).containsOnly(7L);
            commit(three, groups, partition, 8);

            three.second().restart();
            three.third().restart();
            await().atMost(LIMIT).until(() -> coordinators(three, groups).size() > 1);
            assertThat(committed(three, groups, partition)).containsOnly(8L);
        }
    }

    private static NewPartitionReassignment moved(int broker) {
        return new NewPartitionReassignment(List.of(broker));
    }

    private static Set<Integer> coordinators(Cluster cluster, Set<String> groups) {
        try (Admin admin = Clients.admin(cluster)) {
            return Clients.get(admin.describeConsumerGroups(groups).all()).values().stream()
                    .map(group -> group.coordinator().id())
                    .collect(Collectors.toSet());
        }
    }

    private static void commit(Cluster cluster, Set<String> groups, TopicPartition partition, long offset) {
        try (Admin admin = Clients.admin(cluster)) {
            for (String group : groups) {
                Clients.get(admin.alterConsumerGroupOffsets(group, Map.of(partition, new OffsetAndMetadata(offset)))
                        .all());
            }
        }
    }

    private static Set<Long> committed(Cluster cluster, Set<String> groups, TopicPartition partition) {
        try (Admin admin = Clients.admin(cluster)) {
            return groups.stream()
                    .map(group -> Clients.get(
                                    admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata())
                            .get(partition))
                    .map(OffsetAndMetadata::offset)
                    .collect(Collectors.toSet());
        }
    }
}
