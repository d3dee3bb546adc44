package io.varve.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.testkit.Cluster;
import io.varve.testkit.OtherClients;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** KafkaJS: a client with a codec of its own, written against old versions of the protocol. */
@RealClient
class KafkaJsTest {
    private final Cluster cluster;

    KafkaJsTest(Cluster cluster) {
        this.cluster = cluster;
    }

    @Test
    void createsProducesConsumesWithAGroupAndRemoves() {
        String topic = Clients.unique("kafkajs");
        String group = Clients.unique("kafkajs-group");

        assertThat(step("create", topic))
                .containsExactly("true", "true", "[0,1,2]", "[[\"cleanup.policy\",\"delete\"]]");

        // 300 records over three partitions; those from number 150 on are from the fifty-first of each
        assertThat(step("produce", topic))
                .containsExactly(
                        "[[0,\"0\",\"100\"],[1,\"0\",\"100\"],[2,\"0\",\"100\"]]",
                        "[[0,\"50\"],[1,\"50\"],[2,\"50\"]]");

        var consumed = step("consume", topic, group);
        assertThat(consumed.subList(0, 2))
                .containsExactly("[\"Stable\",\"consumer\",1]", "[[0,\"100\"],[1,\"100\"],[2,\"100\"]]");
        var records = consumed.subList(2, consumed.size());
        assertThat(records).hasSize(300);
        for (int partition = 0; partition < 3; partition++) {
            String start = "[" + partition + ",";
            assertThat(records.stream().filter(line -> line.startsWith(start)))
                    .containsExactlyElementsOf(ofPartition(partition));
        }

        assertThat(step("remove", topic, group)).containsExactly("[[true,0]]", "false");
    }

    /** What the records of a partition look like, in their order. */
    private static List<String> ofPartition(int partition) {
        return IntStream.range(0, 300)
                .filter(n -> n % 3 == partition)
                .mapToObj(n -> "[%d,\"%d\",\"k%d\",\"value %d\",\"%d\",\"%d\"]"
                        .formatted(partition, n / 3, n, n, n, 1_700_000_000_000L + n))
                .toList();
    }

    private List<String> step(String name, String topic, String... more) {
        return OtherClients.node("kafkajs.js", name, cluster.bootstrapServers(), topic)
                .with(more)
                .run()
                .ok()
                .lines();
    }
}
