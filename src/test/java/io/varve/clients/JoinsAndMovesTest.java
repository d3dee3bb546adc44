package io.varve.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.varve.testkit.Command;
import io.varve.testkit.KafkaTools;
import io.varve.testkit.KafkaTools.Tool;
import io.varve.testkit.VarveProcess;
import io.varve.testkit.WholeVarve;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A broker joins, partitions are moved, leaders are elected: while clients go on, and by Kafka's own means. */
@Tag("process")
class JoinsAndMovesTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int PARTITIONS = 6;

    @TempDir
    Path folder;

    @Test
    void aBrokerThatJoinsGetsItsShare_movesAndElectionsDisturbNobody() throws Exception {
        // Given two brokers with a topic of two copies, under load
        WholeVarve first = WholeVarve.start(
                folder,
                settings -> settings.kafkaConfig("group.initial.rebalance.delay.ms", "0")
                        .property("varve.placer.interval-ms", "500"));
        VarveProcess second = first.another(2, folder.resolve("two"));
        try (ThreeBrokers three = new ThreeBrokers(first, second, first.another(3, folder.resolve("three")))) {
            second.launch();
            second.awaitReady();
            String topic = "placed";
            create(three, topic);
            try (NumberedLoad load = new NumberedLoad(three, topic, PARTITIONS)) {
                load.awaitProgress();
                assertThat(three.owned(topic).keySet()).containsExactlyInAnyOrder(1, 2);

                // When a third one joins, it gets its share
                three.third().launch();
                three.third().awaitReady();
                await().atMost(LIMIT).until(() -> isEven(three, topic));
                load.awaitProgress();
                assertThat(partitions(three, topic))
                        .allSatisfy(
                                partition -> assertThat(partition.replicas()).hasSize(2));

                // When a partition is moved, it goes where it is told, and stays there
                TopicPartitionInfo moved = partitions(three, topic).getFirst();
                int to = other(moved);
                try (Admin admin = Clients.admin(three)) {
                    Clients.get(admin.alterPartitionReassignments(Map.of(
                                    new TopicPartition(topic, 0),
                                    Optional.of(new NewPartitionReassignment(
                                            List.of(to, moved.leader().id())))))
                            .all());
                    await().atMost(LIMIT).untilAsserted(() -> {
                        assertThat(Clients.get(
                                        admin.listPartitionReassignments().reassignments()))
                                .as("on its way; partitions: %s", partitions(three, topic))
                                .isEmpty();
                        assertThat(leader(three, topic, 0)).isEqualTo(to);
                    });
                    load.awaitProgress();

                    // When one has stopped and is back, it leads again as soon as that is asked for
                    second.terminate();
                    load.awaitProgress();
                    assertThat(three.owned(topic)).doesNotContainKey(2);
                    second.restart();
                    await().atMost(LIMIT).until(() -> inSync(three, topic) == 2 * PARTITIONS);
                    Map<TopicPartition, Optional<Throwable>> elected = Clients.get(
                            admin.electLeaders(ElectionType.PREFERRED, null).partitions());
                    assertThat(elected.values())
                            .isNotEmpty()
                            .allSatisfy(error -> assertThat(error).isEmpty());
                    assertThat(three.owned(topic)).containsKey(2);
                    assertThat(partitions(three, topic))
                            .allSatisfy(partition -> assertThat(
                                            partition.leader().id())
                                    .isEqualTo(partition.replicas().getFirst().id()));
                }
                kafkasTools(three, topic);
                load.awaitProgress();

                // Then every number is there once and in its order
                load.endAndCheck();
            }
        }
    }

    /** Kafka's own tools for reassignments and elections. */
    private void kafkasTools(ThreeBrokers three, String topic) throws IOException {
        Path topics = Files.writeString(
                folder.resolve("topics.json"), "{\"topics\":[{\"topic\":\"" + topic + "\"}],\"version\":1}");
        String proposed = tool(
                        three,
                        Tool.REASSIGN_PARTITIONS,
                        "--generate",
                        "--topics-to-move-json-file",
                        topics.toString(),
                        "--broker-list",
                        "1,2,3")
                .lines()
                .getLast();
        Path plan = Files.writeString(folder.resolve("plan.json"), proposed);
        // Refused while the placer is just moving something.
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(tool(
                                        three,
                                        Tool.REASSIGN_PARTITIONS,
                                        "--execute",
                                        "--reassignment-json-file",
                                        plan.toString())
                                .out())
                        .contains("Successfully started partition reassignments"));
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(tool(
                                        three,
                                        Tool.REASSIGN_PARTITIONS,
                                        "--verify",
                                        "--reassignment-json-file",
                                        plan.toString())
                                .out())
                        .contains("Reassignment of partition " + topic + "-0 is completed.")
                        .doesNotContain("still in progress")
                        .doesNotContain("There is no active"));
        assertThat(tool(
                                three,
                                Tool.LEADER_ELECTION,
                                "--election-type",
                                "preferred",
                                "--topic",
                                topic,
                                "--partition",
                                "0")
                        .out())
                .containsAnyOf("Successfully completed leader election", "Valid replica already elected");
    }

    private static Command.Result tool(ThreeBrokers three, Tool tool, String... arguments) {
        var all = new ArrayList<>(List.of("--bootstrap-server", three.bootstrapServers()));
        all.addAll(List.of(arguments));
        return KafkaTools.fetched().run(tool, all.toArray(String[]::new));
    }

    private static void create(ThreeBrokers three, String topic) {
        try (Admin admin = Clients.admin(three)) {
            NewTopic wanted = new NewTopic(topic, Optional.of(PARTITIONS), Optional.of((short) 2))
                    .configs(Map.of("segment.bytes", "1048576"));
            Clients.get(admin.createTopics(List.of(wanted)).all());
        }
    }

    private static boolean isEven(ThreeBrokers three, String topic) {
        Map<Integer, List<Integer>> owned = three.owned(topic);
        return owned.size() == 3 && owned.values().stream().allMatch(some -> some.size() == 2);
    }

    private static List<TopicPartitionInfo> partitions(ThreeBrokers three, String topic) {
        try (Admin admin = Clients.admin(three)) {
            return Objects.requireNonNull(
                            Clients.get(admin.describeTopics(List.of(topic)).allTopicNames())
                                    .get(topic))
                    .partitions();
        }
    }

    private static int leader(ThreeBrokers three, String topic, int partition) {
        var leader = partitions(three, topic).get(partition).leader();
        return leader == null ? -1 : leader.id();
    }

    private static int inSync(ThreeBrokers three, String topic) {
        return partitions(three, topic).stream()
                .mapToInt(partition -> partition.isr().size())
                .sum();
    }

    /** A broker that has no copy of it. */
    private static int other(TopicPartitionInfo partition) {
        return List.of(1, 2, 3).stream()
                .filter(id -> partition.replicas().stream().noneMatch(node -> node.id() == id))
                .findFirst()
                .orElseThrow();
    }
}
