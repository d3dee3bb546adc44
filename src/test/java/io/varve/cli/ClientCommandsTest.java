package io.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.varve.testkit.Cluster;
import io.varve.testkit.ClusterExtension;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The client commands against a running cluster. */
@Tag("process")
@ExtendWith(ClusterExtension.class)
class ClientCommandsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final String topic = "cli-" + UUID.randomUUID();
    private final String group = "cli-group-" + UUID.randomUUID();

    private final Cluster cluster;

    ClientCommandsTest(Cluster cluster) {
        this.cluster = cluster;
    }

    @Test
    void aTopicLivesFromCreateToDelete() throws Exception {
        // When it is created
        Run created = varve("topic", "create", topic, "-p", "3", "-c", "retention.ms=86400000");
        assertThat(created.code()).as(created.err()).isZero();
        assertThat(created.out()).startsWith("Created topic " + topic + " with 3 partitions");

        // Then it is there, once
        assertThat(varve("topic", "list").out()).contains(topic);
        Run again = varve("topic", "create", topic);
        assertThat(again.code()).isEqualTo(1);
        assertThat(again.err()).startsWith("varve: Topic '" + topic + "' already exists.");
        assertThat(varve("topic", "create", topic, "--if-not-exists").code()).isZero();

        // And it is described
        JsonNode described = json("topic", "describe", topic, "-o", "json").get(0);
        assertThat(described.at("/configs/retention.ms").asText()).isEqualTo("86400000");
        assertThat(described.at("/partitions")).hasSize(3);
        assertThat(described.at("/partitions/0/end").asLong()).isZero();

        // And it can be changed
        JsonNode configs =
                json("topic", "config", topic, "--set", "segment.ms=600000", "--delete", "retention.ms", "-o", "json");
        assertThat(configs).hasSize(1);
        assertThat(configs.at("/0/name").asText()).isEqualTo("segment.ms");
        Run unknown = varve("topic", "config", topic, "--set", "nonsense=1");
        assertThat(unknown.code()).isEqualTo(1);
        assertThat(unknown.err()).contains("nonsense").hasLineCount(1);

        // And deleted
        assertThat(varve("topic", "delete", topic).code()).isZero();
        assertThat(varve("topic", "delete", topic).code()).isEqualTo(1);
        assertThat(varve("topic", "delete", topic, "--if-exists").code()).isZero();
    }

    @Test
    void whatIsProducedIsConsumed() throws Exception {
        varve("topic", "create", topic, "-p", "1");

        // When twenty records are written, one of them a tombstone
        List<String> lines = IntStream.range(0, 20)
                .mapToObj(i -> "k" + i + "=" + (i == 7 ? "NULL" : "v" + i))
                .toList();
        Run produced =
                varve(lines, "produce", topic, "-k", "=", "-H", "source=test", "-z", "zstd", "--null-marker", "NULL");
        assertThat(produced.code()).as(produced.err()).isZero();
        assertThat(produced.err()).startsWith("20 records written");

        // Then all of them come back, in order
        Run consumed = varve("consume", topic, "--format", "%k=%v\\n", "--null-marker", "NULL");
        assertThat(consumed.out().lines()).containsExactlyElementsOf(lines);

        // And some of them
        assertThat(varve("consume", topic, "--from", "18").out()).isEqualTo("v18\nv19\n");
        assertThat(varve("consume", topic, "--max-messages", "2").out()).isEqualTo("v0\nv1\n");
        assertThat(varve("consume", topic, "--from", "end").out()).isEmpty();
        JsonNode first =
                JSON.readTree(varve("consume", topic, "-n", "1", "-o", "json").out());
        assertThat(first.at("/key").asText()).isEqualTo("k0");
        assertThat(first.at("/headers/0/value").asText()).isEqualTo("test");
        String time = first.at("/timestamp").asText();
        assertThat(varve("consume", topic, "--from", "@" + time, "-n", "1").out())
                .isEqualTo("v0\n");
        assertThat(varve("consume", topic, "--partition", "5").code()).isEqualTo(1);
        assertThat(varve("consume", topic + "-none").code()).isEqualTo(1);
        assertThat(varve("consume", topic + "-none", "-g", "nobody").err())
                .contains("there is no topic " + topic + "-none");
        assertThat(varve("topic", "describe", topic, topic + "-none").err())
                .contains("there is no topic " + topic + "-none");
        assertThat(varve("group", "reset", "nobody", "--topic", topic + ":7", "--to-earliest")
                        .err())
                .contains("has the partitions 0 to 0");
    }

    @Test
    void aGroupGoesOnWhereItWasAndCanBeReset() throws Exception {
        varve("topic", "create", topic, "-p", "1");
        varve(IntStream.range(0, 10).mapToObj(Integer::toString).toList(), "produce", topic);

        // When a group reads some, then the rest
        assertThat(varve("consume", topic, "-g", group, "-n", "4").out()).isEqualTo("0\n1\n2\n3\n");
        JsonNode described = json("group", "describe", group, "-o", "json");
        assertThat(described.at("/partitions/0/committed").asLong()).isEqualTo(4);
        assertThat(described.at("/partitions/0/lag").asLong()).isEqualTo(6);
        assertThat(varve("group", "list").out()).contains(group);
        assertThat(varve("consume", topic, "-g", group).out()).isEqualTo("4\n5\n6\n7\n8\n9\n");

        // Then a reset is shown first, and done when told so
        Run dry = varve("group", "reset", group, "--topic", topic, "--shift-by", "-3");
        assertThat(dry.err()).contains("Nothing was changed");
        assertThat(json("group", "describe", group, "-o", "json")
                        .at("/partitions/0/committed")
                        .asLong())
                .isEqualTo(10);
        JsonNode done = json("group", "reset", group, "--all-topics", "--to-offset", "8", "--execute", "-o", "json");
        assertThat(done.at("/changes/0/from").asLong()).isEqualTo(10);
        assertThat(done.at("/changes/0/to").asLong()).isEqualTo(8);
        assertThat(varve("consume", topic, "-g", group).out()).isEqualTo("8\n9\n");

        // And it can be deleted, once
        assertThat(varve("group", "delete", group).code()).isZero();
        assertThat(varve("group", "delete", group).code()).isEqualTo(1);
    }

    @Test
    void statusCountsTopicsAndBrokers() throws Exception {
        varve("topic", "create", topic, "-p", "2");

        Run run = varve("status", "-o", "json", "--http", "http://localhost:1");

        assertThat(run.code()).isZero();
        JsonNode status = JSON.readTree(run.out());
        assertThat(status.at("/brokers")).isNotEmpty();
        assertThat(status.at("/topics").asInt()).isPositive();
        assertThat(status.at("/partitions").asInt()).isGreaterThanOrEqualTo(2);
        assertThat(status.at("/offline")).isEmpty();
        assertThat(status.at("/health/state").asText()).isEqualTo("unknown");
    }

    @Test
    void aPartitionIsMovedExplainedAndReleased() throws Exception {
        varve("topic", "create", topic, "-p", "2");
        int broker = json("status", "-o", "json", "--http", "http://localhost:1")
                .at("/brokers/0/id")
                .asInt();

        JsonNode moved = json("partition", "move", topic, "1", "--to", Integer.toString(broker), "-o", "json");
        assertThat(moved.at("/state").asText()).isEqualTo("there");
        assertThat(moved.at("/owner").asInt()).isEqualTo(broker);
        assertThat(varve("partition", "list-moves").out()).startsWith("No partition is on its way");

        // Without HTTP, what Kafka's protocol tells
        JsonNode described = json("topic", "describe", topic, "-o", "json", "--http", "http://localhost:1");
        assertThat(described.at("/0/partitions/1/why").asText())
                .isEqualTo("broker " + broker + " is its preferred owner");

        // And it can be released, once
        assertThat(varve("partition", "release", topic, "1").out())
                .isEqualTo("The placer may move " + topic + "-1 again." + System.lineSeparator());
        assertThat(varve("partition", "release", topic, "1").code()).isEqualTo(1);
        Run unknown = varve("partition", "move", topic, "2", "--to", Integer.toString(broker));
        assertThat(unknown.code()).isEqualTo(1);
        assertThat(unknown.err()).contains("has the partitions 0 to 1");
        assertThat(varve("partition", "move", topic, "0", "--to", "99").err()).contains("broker 99");
    }

    private JsonNode json(String... args) throws Exception {
        Run run = varve(args);
        assertThat(run.code()).as(run.err()).isZero();
        return JSON.readTree(run.out());
    }

    private Run varve(String... args) {
        var all = new ArrayList<>(List.of(args));
        all.add("--bootstrap");
        all.add(cluster.bootstrapServers());
        return Run.varve(all.toArray(String[]::new));
    }

    private Run varve(List<String> input, String... args) {
        InputStream before = System.in;
        System.setIn(new ByteArrayInputStream((String.join("\n", input) + "\n").getBytes(StandardCharsets.UTF_8)));
        try {
            return varve(args);
        } finally {
            System.setIn(before);
        }
    }
}
