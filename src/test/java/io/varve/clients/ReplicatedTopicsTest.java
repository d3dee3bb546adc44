package io.varve.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.varve.testkit.Folders;
import io.varve.testkit.VarveProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.TopicPartitionInfo;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A topic with three copies goes on, and keeps everything, while any one of its brokers is dead. */
@Tag("process")
class ReplicatedTopicsTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int PARTITIONS = 6;

    @TempDir
    Path folder;

    @Test
    void rules3To5AnyBrokerMayDie_andNobodyWaitsForItToComeBack() throws Exception {
        try (ThreeBrokers three = ThreeBrokers.start(folder)) {
            String topic = "copied";
            create(three, topic);
            try (NumberedLoad load = new NumberedLoad(three, topic, PARTITIONS)) {
                load.awaitProgress();
                assertThat(inSync(three, topic)).containsOnly(3);
                for (VarveProcess broker :
                        List.of(three.second(), three.third(), three.first().broker())) {
                    // When one is killed, the others go on without it
                    broker.kill9();
                    load.awaitProgress();
                    assertThat(inSync(three, topic)).containsOnly(2);
                    // And when it is back, it gets copies again
                    broker.restart();
                    await().atMost(LIMIT).until(() -> inSync(three, topic).equals(Set.of(3)));
                    load.awaitProgress();
                }
                load.endAndCheck();
            }
        }
    }

    @Test
    void rule4ABrokerThatSleepsAndWakesAcknowledgesNothingStale_andALostDiskCostsNothing() throws Exception {
        try (ThreeBrokers three = ThreeBrokers.start(folder)) {
            String topic = "copied";
            create(three, topic);
            try (NumberedLoad load = new NumberedLoad(three, topic, PARTITIONS)) {
                load.awaitProgress();
                // When one sleeps for longer than its lease, the others go on
                three.second().pause();
                load.awaitProgress();
                await().atMost(LIMIT)
                        .until(() -> !three.owned(topic).containsKey(2)
                                && three.owned(topic).values().stream()
                                                .mapToInt(List::size)
                                                .sum()
                                        == PARTITIONS);
                load.awaitProgress();
                three.second().resume();
                await().atMost(LIMIT).until(() -> inSync(three, topic).equals(Set.of(3)));
                // And when one dies and its disk with it
                three.third().kill9();
                Folders.delete(three.third().dataFolder());
                three.third().restart();
                await().atMost(LIMIT).until(() -> inSync(three, topic).equals(Set.of(3)));
                load.awaitProgress();
                load.endAndCheck();
            }
        }
    }

    private static void create(ThreeBrokers three, String topic) {
        try (Admin admin = Clients.admin(three)) {
            NewTopic wanted = new NewTopic(topic, Optional.of(PARTITIONS), Optional.of((short) 3))
                    .configs(Map.of("min.insync.replicas", "2", "segment.bytes", "1048576"));
            Clients.get(admin.createTopics(List.of(wanted)).all());
        }
    }

    /** How many members the ensembles have, as clients are told. */
    private static Set<Integer> inSync(ThreeBrokers three, String topic) {
        try (Admin admin = Clients.admin(three)) {
            return Clients.get(admin.describeTopics(List.of(topic)).allTopicNames()).get(topic).partitions().stream()
                    .map(TopicPartitionInfo::isr)
                    .map(List::size)
                    .collect(Collectors.toSet());
        }
    }
}
