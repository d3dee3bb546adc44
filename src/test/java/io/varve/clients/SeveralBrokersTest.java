package io.varve.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.varve.testkit.Cluster;
import io.varve.testkit.VarveProcess;
import io.varve.testkit.WholeVarve;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
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

    /** Clients know all three addresses. */
    private record Three(WholeVarve first, VarveProcess second, VarveProcess third) implements Cluster {
        static Three start(Path folder) {
            WholeVarve first = WholeVarve.start(folder);
            Three three = new Three(
                    first, first.another(2, folder.resolve("two")), first.another(3, folder.resolve("three")));
            three.second.launch();
            three.third.launch();
            three.second.awaitReady();
            three.third.awaitReady();
            return three;
        }

        @Override
        public String bootstrapServers() {
            return first.bootstrapServers() + "," + second.bootstrapServers() + "," + third.bootstrapServers();
        }

        @Override
        public String description() {
            return "three brokers";
        }

        @Override
        public void close() {
            third.close();
            second.close();
            first.close();
        }
    }

    /** Sends numbers to all partitions in turn, as fast as they are acknowledged, until it is stopped. */
    private static final class Load implements AutoCloseable {
        private final Producer<String, String> producer;
        private final String topic;
        private final Map<Integer, Integer> acknowledged = new ConcurrentHashMap<>();
        private final AtomicReference<Exception> failure = new AtomicReference<>();
        private final Thread thread;
        private volatile boolean stopped;

        Load(Cluster cluster, String topic) {
            this.topic = topic;
            // Longer than a broker is away here: whatever happens, the producer must get it through by itself.
            producer = Clients.producer(cluster, Map.of("delivery.timeout.ms", 120_000, "linger.ms", 5));
            thread = Thread.ofPlatform().start(this::run);
        }

        private void run() {
            for (int number = 0; !stopped && failure.get() == null; number++) {
                int sent = number;
                for (int partition = 0; partition < PARTITIONS; partition++) {
                    int to = partition;
                    var _ = producer.send(
                            new ProducerRecord<>(topic, to, null, Integer.toString(sent)), (done, error) -> {
                                if (error != null) {
                                    failure.compareAndSet(null, error);
                                } else {
                                    acknowledged.merge(to, 1, Integer::sum);
                                }
                            });
                }
                try {
                    Thread.sleep(2);
                } catch (InterruptedException e) {
                    return;
                }
            }
        }

        /** Waits until every partition has acknowledged more than now. */
        void awaitProgress() {
            Map<Integer, Integer> before = Map.copyOf(acknowledged);
            await().atMost(LIMIT).until(() -> {
                assertThat(failure.get()).isNull();
                return acknowledged.size() == PARTITIONS
                        && acknowledged.entrySet().stream()
                                .allMatch(now -> now.getValue() > before.getOrDefault(now.getKey(), 0) + 20);
            });
        }

        /** What was acknowledged of each partition. */
        Map<Integer, Integer> end() throws InterruptedException {
            stopped = true;
            thread.join();
            producer.close();
            assertThat(failure.get()).isNull();
            return acknowledged;
        }

        @Override
        public void close() {
            stopped = true;
            producer.close(Duration.ZERO);
        }
    }

    private static Map<Integer, List<Integer>> owned(Cluster cluster, String topic) {
        try (Admin admin = Clients.admin(cluster)) {
            return Clients.get(admin.describeTopics(List.of(topic)).allTopicNames()).get(topic).partitions().stream()
                    .filter(partition -> partition.leader() != null)
                    .collect(Collectors.groupingBy(
                            partition -> partition.leader().id(),
                            Collectors.mapping(TopicPartitionInfo::partition, Collectors.toList())));
        }
    }

    @Test
    void partitionsAreHandedOverAndTakenBack_andNothingAcknowledgedIsLostOrDoubled() throws Exception {
        // Given three brokers, each of which owns two of six partitions
        try (Three three = Three.start(folder)) {
            String topic = Clients.topic(three, "shared", PARTITIONS, Map.of("segment.bytes", "1048576"));
            assertThat(owned(three, topic).values())
                    .hasSize(3)
                    .allSatisfy(some -> assertThat(some).hasSize(2));
            try (Load load = new Load(three, topic)) {
                load.awaitProgress();

                // When one stops, the others own its partitions
                three.second.terminate();
                load.awaitProgress();
                assertThat(owned(three, topic).keySet()).containsExactlyInAnyOrder(1, 3);

                // When one is killed and comes back, it goes on with what only its disk has
                three.third.kill9();
                three.third.restart();
                load.awaitProgress();

                // And when the first one is gone for good, after the second came back, so are its partitions
                three.second.restart();
                three.first.broker().terminate();
                load.awaitProgress();
                assertThat(owned(three, topic).keySet()).doesNotContain(1);
                three.first.broker().restart();

                // Then every number is there once and in its order
                Map<Integer, Integer> acknowledged = load.end();
                Map<Integer, List<String>> read = Clients.readAll(three, topic).stream()
                        .collect(Collectors.groupingBy(
                                ConsumerRecord::partition,
                                Collectors.mapping(ConsumerRecord::value, Collectors.toList())));
                acknowledged.forEach((partition, count) -> {
                    List<String> values = read.get(partition);
                    assertThat(values).hasSize(count);
                    for (int i = 0; i < count; i++) {
                        assertThat(values.get(i)).isEqualTo(Integer.toString(i));
                    }
                });
            }
        }
    }

    @Test
    void groupsMoveToTheBrokersThatAreThere() {
        try (Three three = Three.start(folder)) {
            String topic = Clients.topic(three, "grouped", PARTITIONS, Map.of());
            Set<String> groups = Set.of("a", "b", "c", "d", "e", "f", "g", "h");
            TopicPartition partition = new TopicPartition(topic, 0);
            commit(three, groups, partition, 7);
            assertThat(coordinators(three, groups)).hasSizeGreaterThan(1);

            // One stops, one is killed: the offsets are where the groups are
            three.second.terminate();
            three.third.kill9();
            await().atMost(LIMIT).until(() -> coordinators(three, groups).equals(Set.of(1)));
            assertThat(committed(three, groups, partition)).containsOnly(7L);
            commit(three, groups, partition, 8);

            three.second.restart();
            three.third.restart();
            await().atMost(LIMIT).until(() -> coordinators(three, groups).size() > 1);
            assertThat(committed(three, groups, partition)).containsOnly(8L);
        }
    }

    @Test
    void moreCopiesThanThereAreAreRefusedWithWords() {
        try (Three three = Three.start(folder);
                Admin admin = Clients.admin(three)) {
            assertThatThrownBy(() -> Clients.get(
                            admin.createTopics(List.of(new NewTopic("copied", Optional.of(3), Optional.of((short) 3))))
                                    .all()))
                    .isInstanceOf(InvalidReplicationFactorException.class)
                    .hasMessageContaining("one copy");
        }
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
