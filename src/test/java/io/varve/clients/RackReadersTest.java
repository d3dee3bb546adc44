package io.varve.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.testkit.OtherClients;
import io.varve.testkit.VarveProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Consumers that say where they are read from the broker that is there (KIP-392), and go on when it dies. */
@Tag("process")
class RackReadersTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int PARTITIONS = 3;
    private static final int ROUND = 500;
    private static final String FOLLOWER_BYTES = "varve_log_follower_read_bytes_total";
    private static final String VALUE = "v".repeat(100);

    @TempDir
    Path folder;

    private final HttpClient http = HttpClient.newHttpClient();
    private int sent;

    @Test
    void rule6ConsumersReadFromTheirRackExactlyWhatIsThere_andGoOnWithoutIt() throws Exception {
        try (ThreeBrokers three = ThreeBrokers.inRacks(folder)) {
            String topic = create(three);
            try (var producer = Clients.producer(three, Map.of("linger.ms", "5"));
                    var consumer = Clients.consumer(three, Map.of("client.rack", "rack-3"))) {
                consumer.assign(IntStream.range(0, PARTITIONS)
                        .mapToObj(partition -> new TopicPartition(topic, partition))
                        .toList());
                VarveProcess near = three.third();
                List<ConsumerRecord<String, String>> read = new ArrayList<>();
                // Given that it comes to read from the third broker, in its rack, all that others own, also what was
                // acknowledged last
                long deadline = System.nanoTime() + LIMIT.toNanos();
                double before;
                do {
                    assertThat(System.nanoTime()).isLessThan(deadline);
                    before = metric(near, FOLLOWER_BYTES);
                    send(producer, topic);
                    read.addAll(Clients.poll(consumer, PARTITIONS * ROUND));
                } while (metric(near, FOLLOWER_BYTES) - before < bytesOfOthers(three, topic));
                for (VarveProcess far : List.of(three.first().broker(), three.second())) {
                    assertThat(metric(far, FOLLOWER_BYTES)).isZero();
                }
                readByKcat(three, producer);
                // When that broker dies, it goes on with the others
                near.kill9();
                send(producer, topic);
                read.addAll(Clients.poll(consumer, PARTITIONS * ROUND));
                assertInOrder(read);
            }
        }
    }

    /** librdkafka reads there as well, and all of it. */
    private void readByKcat(ThreeBrokers three, Producer<String, String> producer) throws Exception {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        double before;
        String topic;
        do {
            assertThat(System.nanoTime()).isLessThan(deadline);
            topic = create(three);
            before = metric(three.third(), FOLLOWER_BYTES);
            sendRound(producer, topic, 0);
            List<String> lines = OtherClients.kcat("-b", three.bootstrapServers(), "-C", "-t", topic, "-o", "beginning")
                    .with("-c", Integer.toString(PARTITIONS * ROUND), "-q", "-f", "%p %o\n", "-X", "client.rack=rack-3")
                    .run()
                    .ok()
                    .lines();
            assertThat(lines).hasSize(PARTITIONS * ROUND).doesNotHaveDuplicates();
        } while (metric(three.third(), FOLLOWER_BYTES) - before < bytesOfOthers(three, topic));
    }

    private static String create(ThreeBrokers three) {
        String topic = Clients.unique("racks");
        try (Admin admin = Clients.admin(three)) {
            Clients.get(admin.createTopics(List.of(new NewTopic(topic, Optional.of(PARTITIONS), Optional.of((short) 3))
                            .configs(Map.of("min.insync.replicas", "2"))))
                    .all());
        }
        return topic;
    }

    private void send(Producer<String, String> producer, String topic) {
        sendRound(producer, topic, sent);
        sent += ROUND;
    }

    /** A round of records to each partition, all of them acknowledged. */
    private static void sendRound(Producer<String, String> producer, String topic, int first) {
        var acks = IntStream.range(first, first + ROUND)
                .boxed()
                .flatMap(number -> IntStream.range(0, PARTITIONS)
                        .mapToObj(partition -> producer.send(
                                new ProducerRecord<>(topic, partition, Integer.toString(number), VALUE + number))))
                .toList();
        producer.flush();
        acks.forEach(Clients::get);
    }

    /** What the partitions of a round hold that are not the third broker's own. */
    private static long bytesOfOthers(ThreeBrokers three, String topic) {
        Map<Integer, List<Integer>> owned = three.owned(topic);
        int others = PARTITIONS - owned.getOrDefault(3, List.of()).size();
        assertThat(others).isPositive();
        return (long) others * ROUND * VALUE.length();
    }

    /** Each partition's records have come once, and in order. */
    private void assertInOrder(List<ConsumerRecord<String, String>> read) {
        Map<Integer, Integer> next = new HashMap<>();
        for (ConsumerRecord<String, String> record : read) {
            int expected = next.merge(record.partition(), 1, Integer::sum) - 1;
            assertThat(record.offset()).isEqualTo(expected);
            assertThat(record.value()).isEqualTo(VALUE + expected);
        }
        assertThat(next.values()).containsOnly(sent).hasSize(PARTITIONS);
    }

    /** The sum of a metric over its labels. */
    private double metric(VarveProcess broker, String name) throws IOException, InterruptedException {
        String page = http.send(
                        HttpRequest.newBuilder(URI.create(broker.http("/metrics")))
                                .build(),
                        BodyHandlers.ofString())
                .body();
        return page.lines()
                .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }
}
