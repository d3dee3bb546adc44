package io.varve.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.varve.testkit.OtherClients;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole cluster behind one address: unmodified clients do everything there, while a broker is killed. */
@Tag("process")
class OneAddressTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int PARTITIONS = 6;

    @TempDir
    Path folder;

    /** Reads with a group from its own thread, by offsets: what is read twice after a rebalance counts once. */
    private static final class GroupReader implements AutoCloseable {
        final Map<Integer, TreeMap<Long, String>> read = new ConcurrentHashMap<>();
        private final Consumer<String, String> consumer;
        private final Thread thread;
        private volatile boolean stopped;

        GroupReader(BalancedBrokers three, String topic, String group) {
            consumer = Clients.consumer(three, Map.of("group.id", group, "group.protocol", "consumer"));
            consumer.subscribe(List.of(topic));
            thread = Thread.ofPlatform().start(this::run);
        }

        private void run() {
            try (consumer) {
                while (!stopped) {
                    consumer.poll(Duration.ofMillis(200))
                            .forEach(each -> read.computeIfAbsent(each.partition(), _ -> new TreeMap<>())
                                    .merge(each.offset(), each.value(), (was, is) -> {
                                        assertThat(is).isEqualTo(was);
                                        return is;
                                    }));
                    commit();
                }
            }
        }

        private void commit() {
            try {
                consumer.commitSync();
            } catch (RetriableException | CommitFailedException e) {
                // The next one counts.
            }
        }

        int count() {
            return read.values().stream().mapToInt(Map::size).sum();
        }

        /** Stops reading; what was read is all there is then. */
        void end() {
            stopped = true;
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void close() {
            end();
        }
    }

    @Test
    void everythingIsServedBehindABalancer_andNothingAcknowledgedIsLostOrDoubledWhenABrokerIsKilled() throws Exception {
        // Given three brokers behind a balancer, each of which owns some of six partitions
        try (BalancedBrokers three = BalancedBrokers.start(folder);
                Admin admin = Clients.admin(three)) {
            String topic = Clients.unique("balanced");
            String group = Clients.unique("balanced-group");
            Clients.get(admin.createTopics(List.of(new NewTopic(topic, PARTITIONS, (short) 3)))
                    .all());
            assertThat(owners(three, topic)).hasSize(3);
            try (NumberedLoad load = new NumberedLoad(three, topic, PARTITIONS);
                    GroupReader reader = new GroupReader(three, topic, group)) {
                load.awaitProgress();
                assertClaimsOneNode(three, admin, topic);

                // When one of them is killed, producer and group go on by the others
                three.third().kill9();
                load.awaitProgress();
                three.third().restart();
                load.awaitProgress();

                // Then every number is there once and in its order, for a plain reader and for the group
                load.endAndCheck();
                Map<TopicPartition, Long> ends = offsets(admin, topic, OffsetSpec.latest());
                long all = ends.values().stream().mapToLong(end -> end).sum();
                await().atMost(LIMIT).until(() -> reader.count() == all);
                await().atMost(LIMIT).until(() -> committed(admin, group).equals(ends));
                reader.end();
                reader.read.forEach((partition, values) -> assertThat(List.copyOf(values.values()))
                        .isEqualTo(IntStream.range(0, values.size())
                                .mapToObj(Integer::toString)
                                .toList()));
                assertClaimsOneNode(three, admin, topic);
                assertAdministered(three, admin, topic, group);
            }
            assertThat(three.balancer().used()).hasSize(3);
        }
    }

    private static Set<Integer> owners(BalancedBrokers three, String topic) {
        try (Admin direct = Clients.admin(three.direct())) {
            return Clients.get(direct.describeTopics(List.of(topic)).allTopicNames()).get(topic).partitions().stream()
                    .map(partition -> partition.leader().id())
                    .collect(Collectors.toSet());
        }
    }

    /** A client is told of the balancer's address only, whichever broker it happens to ask. */
    private static void assertClaimsOneNode(BalancedBrokers three, Admin admin, String topic) {
        Set<Node> nodes = new HashSet<>(Clients.get(admin.describeCluster().nodes()));
        nodes.add(Clients.get(admin.describeCluster().controller()));
        TopicDescription described = Clients.get(
                        admin.describeTopics(List.of(topic)).allTopicNames())
                .get(topic);
        described.partitions().forEach(partition -> {
            if (partition.leader() != null) {
                nodes.add(partition.leader());
            }
            nodes.addAll(partition.replicas());
            nodes.addAll(partition.isr());
        });
        assertThat(nodes).allSatisfy(node -> {
            assertThat(node.id()).isEqualTo(Integer.MAX_VALUE);
            assertThat(node.port()).isEqualTo(three.balancer().port());
        });
        assertThat(OtherClients.kcat("-b", three.bootstrapServers(), "-L", "-t", topic)
                        .run()
                        .ok()
                        .out())
                .contains(
                        " 1 brokers:",
                        "broker 2147483647 at " + three.bootstrapServers(),
                        "topic \"" + topic + "\" with 6 partitions:");
    }

    /** What an administrator does goes to whom it concerns, and comes back as one answer. */
    private static void assertAdministered(BalancedBrokers three, Admin admin, String topic, String group) {
        // Several groups, which are on several brokers
        Set<String> groups =
                IntStream.range(0, 8).mapToObj(i -> group + "-" + i).collect(Collectors.toSet());
        TopicPartition zero = new TopicPartition(topic, 0);
        groups.forEach(each -> Clients.get(admin.alterConsumerGroupOffsets(each, Map.of(zero, new OffsetAndMetadata(7)))
                .all()));
        assertThat(Clients.get(admin.listGroups().all()).stream().map(GroupListing::groupId))
                .contains(group)
                .containsAll(groups);
        assertThat(Clients.get(admin.describeConsumerGroups(groups).all()).values())
                .hasSize(8)
                .allSatisfy(each -> assertThat(each.coordinator().port())
                        .isEqualTo(three.balancer().port()));
        assertThat(Clients.get(admin.listConsumerGroupOffsets(byName(groups)).all())
                        .values())
                .hasSize(8)
                .allSatisfy(offsets -> assertThat(offsets.get(zero).offset()).isEqualTo(7));
        Clients.get(admin.deleteConsumerGroups(groups).all());
        // Partitions of all owners in one request
        Map<TopicPartition, RecordsToDelete> toDelete = IntStream.range(0, PARTITIONS)
                .boxed()
                .collect(Collectors.toMap(
                        index -> new TopicPartition(topic, index), index -> RecordsToDelete.beforeOffset(index + 1)));
        Clients.get(admin.deleteRecords(toDelete).all());
        offsets(admin, topic, OffsetSpec.earliest())
                .forEach((partition, start) -> assertThat(start).isEqualTo(partition.partition() + 1L));
        assertThat(Clients.get(admin.describeProducers(toDelete.keySet()).all()))
                .hasSize(PARTITIONS);
        // kcat reads all of it by the same address
        assertThat(OtherClients.kcat("-b", three.bootstrapServers())
                        .with("-C", "-t", topic, "-p", "1", "-o", "beginning", "-c", "3", "-q")
                        .run()
                        .ok()
                        .lines())
                .containsExactly("2", "3", "4");
    }

    private static Map<String, ListConsumerGroupOffsetsSpec> byName(Collection<String> groups) {
        return groups.stream().collect(Collectors.toMap(Function.identity(), _ -> new ListConsumerGroupOffsetsSpec()));
    }

    private static Map<TopicPartition, Long> offsets(Admin admin, String topic, OffsetSpec which) {
        Map<TopicPartition, OffsetSpec> asked = IntStream.range(0, PARTITIONS)
                .mapToObj(index -> new TopicPartition(topic, index))
                .collect(Collectors.toMap(Function.identity(), _ -> which));
        return Clients.get(admin.listOffsets(asked).all()).entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, found -> found.getValue().offset()));
    }

    private static Map<TopicPartition, Long> committed(Admin admin, String group) {
        return Clients.get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata()).entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, found -> found.getValue().offset()));
    }
}
