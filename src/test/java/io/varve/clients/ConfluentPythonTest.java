package io.varve.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.testkit.Cluster;
import io.varve.testkit.OtherClients;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** confluent-kafka for Python: a current librdkafka, with an idempotent producer and both group protocols. */
@RealClient
class ConfluentPythonTest {
    private static final List<String> CODECS = List.of("lz4", "zstd", "snappy");

    private final Cluster cluster;

    ConfluentPythonTest(Cluster cluster) {
        this.cluster = cluster;
    }

    @Test
    void createsProducesConsumesWithBothProtocolsAndRemoves() {
        String topic = Clients.unique("confluent");
        String classic = Clients.unique("confluent-classic");
        String modern = Clients.unique("confluent-consumer");

        assertThat(step("create", topic)).containsExactly("[null]", "[0, 1]", "\"7200000\"");

        // 600 records with each codec, all acknowledged once
        for (String codec : CODECS) {
            assertThat(step("produce", topic, codec)).as(codec).containsExactly("0", "[600, 600]");
        }

        var expected = Stream.concat(
                        Stream.of("[[0, 600], [1, 600], [2, 600]]"),
                        IntStream.range(0, 3).mapToObj(ConfluentPythonTest::partition))
                .toList();
        assertThat(step("consume", topic, classic, "classic", "1800")).isEqualTo(expected);
        assertThat(step("consume", topic, modern, "consumer", "1800")).isEqualTo(expected);

        // Partition 0 has the numbers 0, 3, 6 ..: 300 is its hundred-and-first
        assertThat(step("offsets", topic, modern))
                .containsExactly("[[0, 100], [1, 600], [2, 0]]", "[[0, 600], [1, 600], [2, 600]]", "true");

        assertThat(step("remove", topic, classic, modern)).containsExactly("\"removed\"");
    }

    /** The line for a partition: its number and all its values in order. */
    private static String partition(int partition) {
        return CODECS.stream()
                .flatMap(codec -> IntStream.range(0, 600)
                        .filter(n -> n % 3 == partition)
                        .mapToObj(n -> "\"" + codec + " " + n + "\""))
                .collect(Collectors.joining(", ", "[" + partition + ", [", "]]"));
    }

    private List<String> step(String name, String topic, String... more) {
        return OtherClients.python("confluent.py", name, cluster.bootstrapServers(), topic)
                .with(more)
                .run()
                .ok()
                .lines();
    }
}
