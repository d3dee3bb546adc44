package io.varve.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.testkit.Cluster;
import io.varve.testkit.Command;
import io.varve.testkit.OtherClients;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** kcat, librdkafka's command line, as Debian ships it: an old client that must work, too. */
@RealClient
class KcatTest {
    private final Cluster cluster;

    KcatTest(Cluster cluster) {
        this.cluster = cluster;
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
    void producesAndConsumesWithEveryCodec(String codec) {
        String topic = Clients.topic(cluster, "kcat-" + codec, 1, Map.of());
        String lines = IntStream.range(0, 1_000)
                .mapToObj(i -> "k" + i % 5 + ":line " + i)
                .collect(Collectors.joining("\n", "", "\n"));
        // When
        kcat("-P", "-t", topic, "-K", ":", "-z", codec, "-X", "enable.idempotence=true", "-H", "from=kcat")
                .input(lines)
                .run()
                .ok();
        // Then
        var read = kcat("-C", "-t", topic, "-o", "beginning", "-e", "-q", "-f", "%o %h %k:%s\n")
                .run()
                .ok()
                .lines();
        assertThat(read)
                .isEqualTo(IntStream.range(0, 1_000)
                        .mapToObj(i -> i + " from=kcat k" + i % 5 + ":line " + i)
                        .toList());
    }

    @Test
    void readsAPartOfAPartition() {
        String topic = Clients.topic(cluster, "kcat-part", 1, Map.of());
        Clients.sendNumbers(cluster, topic, 0, 100);
        // From an offset, a number of them; and the last ones
        assertThat(kcat("-C", "-t", topic, "-o", "40", "-c", "3", "-q")
                        .run()
                        .ok()
                        .lines())
                .containsExactly("40", "41", "42");
        assertThat(kcat("-C", "-t", topic, "-p", "0", "-o", "-2", "-e", "-q")
                        .run()
                        .ok()
                        .lines())
                .containsExactly("98", "99");
    }

    @Test
    void readsWithAGroupAndGoesOnWhereItStopped() {
        String topic = Clients.topic(cluster, "kcat-group", 3, Map.of());
        String group = Clients.unique("kcat-group");
        for (int partition = 0; partition < 3; partition++) {
            Clients.sendNumbers(cluster, topic, partition, 10);
        }
        // When it reads with a group until it has seen the end of all partitions
        var first = group(group, topic).run().ok().lines();
        assertThat(first).hasSize(30).doesNotHaveDuplicates().contains("0 0 0", "1 0 0", "2 9 9");
        // Then the group's next reader gets only what came after that
        Clients.sendNumbers(cluster, topic, 1, 2);
        assertThat(group(group, topic).run().ok().lines()).containsExactly("1 10 0", "1 11 1");
    }

    @Test
    void listsTopicsAndBrokers() {
        String topic = Clients.topic(cluster, "kcat-list", 2, Map.of());
        var listed = kcat("-L", "-t", topic).run().ok().out();
        assertThat(listed)
                .contains(
                        " 1 brokers:",
                        " at " + cluster.bootstrapServers(),
                        "topic \"" + topic + "\" with 2 partitions:")
                .containsPattern("partition 0, leader \\d+, replicas: \\d+, isrs: \\d+");
    }

    @Test
    void findsTheOffsetOfATime() {
        String topic = Clients.topic(cluster, "kcat-time", 1, Map.of());
        try (var producer = Clients.producer(cluster, Map.of())) {
            for (int i = 0; i < 10; i++) {
                Clients.send(producer, new ProducerRecord<>(topic, 0, 1_700_000_000_000L + 100L * i, "k", "v"));
            }
        }
        assertThat(kcat("-Q", "-t", topic + ":0:1700000000301").run().ok().out())
                .contains(topic + " [0] offset 4");
    }

    private Command group(String group, String topic) {
        return kcat("-q", "-e", "-f", "%p %o %s\n", "-X", "auto.offset.reset=earliest", "-G", group, topic);
    }

    private Command kcat(String... arguments) {
        return OtherClients.kcat("-b", cluster.bootstrapServers()).with(arguments);
    }
}
