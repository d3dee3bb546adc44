package io.varve.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.testkit.Cluster;
import io.varve.testkit.Command;
import io.varve.testkit.KafkaTools;
import io.varve.testkit.KafkaTools.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kafka's own command-line tools, each as a process of its own, as Kafka's shell scripts start them. */
@RealClient
class KafkaToolsTest {
    private final Cluster cluster;
    private final KafkaTools tools = KafkaTools.fetched();

    KafkaToolsTest(Cluster cluster) {
        this.cluster = cluster;
    }

    @Test
    void topicsAreCreatedListedDescribedAlteredAndDeleted() {
        String topic = Clients.unique("tool-topic");
        assertThat(run(Tool.TOPICS, "--create", "--topic", topic, "--partitions", "2", "--config", "segment.ms=60000")
                        .out())
                .contains("Created topic " + topic + ".");
        assertThat(run(Tool.TOPICS, "--list").lines()).contains(topic);

        run(Tool.TOPICS, "--alter", "--topic", topic, "--partitions", "3");
        var described = run(Tool.TOPICS, "--describe", "--topic", topic).lines();
        assertThat(described.getFirst())
                .contains("Topic: " + topic, "PartitionCount: 3", "ReplicationFactor: 1", "segment.ms=60000");
        assertThat(described.stream().filter(line -> line.contains("Leader:"))).hasSize(3);
        assertThat(run(Tool.TOPICS, "--describe", "--under-replicated-partitions")
                        .lines())
                .isEmpty();

        run(Tool.TOPICS, "--delete", "--topic", topic);
        assertThat(command(Tool.TOPICS, "--describe", "--topic", topic).run())
                .satisfies(result -> assertThat(result.exitCode()).isEqualTo(1))
                .satisfies(result -> assertThat(result.out() + result.err()).contains("does not exist as expected"));
    }

    @Test
    void configsAreChangedAndShown() {
        String topic = Clients.topic(cluster, "tool-config", 1, Map.of());
        var entity = List.of("--entity-type", "topics", "--entity-name", topic);
        run(Tool.CONFIGS, concat(entity, "--alter", "--add-config", "retention.ms=86400000,max.message.bytes=2000000"));
        assertThat(run(Tool.CONFIGS, concat(entity, "--describe")).out())
                .contains("retention.ms=86400000", "max.message.bytes=2000000");
        run(Tool.CONFIGS, concat(entity, "--alter", "--delete-config", "max.message.bytes"));
        assertThat(run(Tool.CONFIGS, concat(entity, "--describe")).out())
                .contains("retention.ms=86400000")
                .doesNotContain("max.message.bytes=2000000");
    }

    @Test
    void whatTheConsoleProducerSendsTheConsoleConsumerShows() {
        String topic = Clients.topic(cluster, "tool-console", 1, Map.of());
        command(
                        Tool.CONSOLE_PRODUCER,
                        "--topic",
                        topic,
                        "--reader-property",
                        "parse.key=true",
                        "--reader-property",
                        "key.separator=:",
                        "--compression-codec",
                        "zstd")
                .input("a:one\nb:two\na:three\n")
                .run()
                .ok();
        var read = run(
                Tool.CONSOLE_CONSUMER,
                "--topic",
                topic,
                "--from-beginning",
                "--max-messages",
                "3",
                "--formatter-property",
                "print.key=true",
                "--formatter-property",
                "print.offset=true",
                "--formatter-property",
                "key.separator= ");
        assertThat(read.lines()).containsExactly("Offset:0 a one", "Offset:1 b two", "Offset:2 a three");
    }

    @Test
    void groupsAreListedDescribedResetAndDeleted() {
        String topic = Clients.topic(cluster, "tool-group", 1, Map.of());
        String group = Clients.unique("tool-group");
        Clients.sendNumbers(cluster, topic, 0, 12);
        run(Tool.CONSOLE_CONSUMER, "--topic", topic, "--group", group, "--from-beginning", "--max-messages", "5");

        assertThat(run(Tool.CONSUMER_GROUPS, "--list").lines()).contains(group);
        assertThat(words(
                        run(Tool.CONSUMER_GROUPS, "--describe", "--group", group)
                                .out(),
                        topic))
                .startsWith(group, topic, "0", "5", "12", "7");
        assertThat(run(Tool.CONSUMER_GROUPS, "--describe", "--group", group, "--state")
                        .out())
                .containsPattern(group + " .*Empty");

        var reset = run(
                Tool.CONSUMER_GROUPS,
                "--reset-offsets",
                "--group",
                group,
                "--topic",
                topic,
                "--to-offset",
                "9",
                "--execute");
        assertThat(words(reset.out(), topic)).startsWith(group, topic, "0", "9");
        assertThat(words(
                        run(Tool.CONSUMER_GROUPS, "--describe", "--group", group)
                                .out(),
                        topic))
                .startsWith(group, topic, "0", "9", "12", "3");

        run(Tool.CONSUMER_GROUPS, "--delete", "--group", group);
        assertThat(run(Tool.CONSUMER_GROUPS, "--list").lines()).doesNotContain(group);
    }

    @Test
    void offsetsAreShownAndRecordsDeleted(@TempDir Path folder) throws IOException {
        String topic = Clients.topic(cluster, "tool-offsets", 2, Map.of());
        Clients.sendNumbers(cluster, topic, 0, 20);
        Clients.sendNumbers(cluster, topic, 1, 5);
        assertThat(run(Tool.GET_OFFSETS, "--topic", topic).lines()).containsExactly(topic + ":0:20", topic + ":1:5");

        Path which = Files.writeString(
                folder.resolve("delete.json"),
                "{\"version\":1,\"partitions\":[{\"topic\":\"" + topic + "\",\"partition\":0,\"offset\":8}]}");
        assertThat(run(Tool.DELETE_RECORDS, "--offset-json-file", which.toString())
                        .out())
                .containsPattern(topic + "-0\\s+low_watermark: 8");
        assertThat(run(Tool.GET_OFFSETS, "--topic", topic, "--time", "earliest").lines())
                .containsExactly(topic + ":0:8", topic + ":1:0");
    }

    @Test
    void logFoldersTellWhatAPartitionNeeds() {
        String topic = Clients.topic(cluster, "tool-dirs", 1, Map.of());
        Clients.sendNumbers(cluster, topic, 0, 100);
        assertThat(run(Tool.LOG_DIRS, "--describe", "--topic-list", topic).out())
                .containsPattern(
                        "\"partition\":\"" + topic + "-0\",\"size\":[1-9]\\d*,\"offsetLag\":0,\"isFuture\":false");
    }

    @Test
    void apiVersionsAreShown() {
        var shown = run(Tool.API_VERSIONS).out();
        assertThat(shown)
                .contains(cluster.bootstrapServers())
                .containsPattern("Produce\\(0\\): 0 to 1\\d \\[usable: 1\\d\\]")
                .containsPattern("Fetch\\(1\\): 4 to 1\\d \\[usable: 1\\d\\]")
                .containsPattern("ConsumerGroupHeartbeat\\(68\\): 0 to 1 \\[usable: 1\\]");
    }

    @Test
    void clusterIdIsShown() {
        assertThat(run(Tool.CLUSTER, "cluster-id").out()).containsPattern("Cluster ID: \\S+");
    }

    @Test
    void performanceToolsCountEveryRecord() {
        String topic = Clients.topic(cluster, "tool-perf", 3, Map.of());
        var produced = run(
                Tool.PRODUCER_PERFORMANCE,
                "--topic",
                topic,
                "--num-records",
                "20000",
                "--record-size",
                "200",
                "--throughput",
                "-1",
                "--command-property",
                "acks=all",
                "compression.type=lz4");
        assertThat(produced.out()).contains("20000 records sent");
        var consumed = run(
                Tool.CONSUMER_PERFORMANCE,
                "--topic",
                topic,
                "--num-records",
                "20000",
                "--group",
                Clients.unique("perf"),
                "--hide-header");
        // start, end, MB, MB/s, records, ...
        assertThat(consumed.lines().getLast().split(", ", -1)[4]).isEqualTo("20000");
    }

    @Test
    void theVerifiableProducerGetsEveryAck() {
        String topic = Clients.topic(cluster, "tool-verifiable", 1, Map.of());
        var lines = run(Tool.VERIFIABLE_PRODUCER, "--topic", topic, "--max-messages", "300", "--acks", "-1")
                .lines();
        assertThat(lines.stream().filter(line -> line.contains("\"producer_send_success\"")))
                .hasSize(300);
        assertThat(lines.getLast()).contains("\"sent\":300", "\"acked\":300");
        assertThat(Clients.readAll(cluster, topic))
                .extracting(record -> record.value())
                .isEqualTo(IntStream.range(0, 300).mapToObj(Integer::toString).toList());
    }

    private Command.Result run(Tool tool, String... arguments) {
        return command(tool, arguments).run().ok();
    }

    private Command command(Tool tool, String... arguments) {
        // The one with a word in front of its options
        boolean wordFirst = tool == Tool.CLUSTER;
        var bootstrap = List.of("--bootstrap-server", cluster.bootstrapServers());
        var all = wordFirst
                ? Stream.concat(Stream.of(arguments), bootstrap.stream())
                : Stream.concat(bootstrap.stream(), Stream.of(arguments));
        return tools.command(tool, all.toArray(String[]::new));
    }

    private static String[] concat(List<String> first, String... more) {
        return Stream.concat(first.stream(), Stream.of(more)).toArray(String[]::new);
    }

    /** The columns of the line that has this word. */
    private static List<String> words(String text, String word) {
        return text.lines()
                .filter(line -> line.contains(" " + word + " "))
                .findFirst()
                .map(line -> Stream.of(line.trim().split("\\s+", -1)).collect(Collectors.toList()))
                .orElseThrow(() -> new AssertionError("no line about " + word + " in:\n" + text));
    }
}
