package io.varve.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Three brokers with many partitions, all of which have records; one broker is killed (kill -9). A client sends one record to each partition that it
 * led at once, and it is measured when each is acknowledged by another broker.
 */
final class TakeOverScenario implements ThreeBrokersScenario {
    private static final String TOPIC = "many";
    private static final Duration LIMIT = Duration.ofMinutes(10);

    @Override
    public String name() {
        return "take-over";
    }

    @Override
    public Measured run(Trio trio, Options options) {
        int partitions = options.quick() ? 300 : 3_000;
        var all =
                Figure.lower("take-over of all a killed broker led, of " + partitions + " partitions", "s", Double.NaN);
        var each = Figure.lower("take-over of each of them", "ms", Double.NaN);
        try (var topics = new Topics(trio.bootstrapServers());
                var producer = producer(trio)) {
            topics.create(TOPIC, partitions);
            send(producer, numbers(partitions)).forEach(Await::get);
            topics.awaitWhole(TOPIC);
            int victim = topics.leader(TOPIC, 0);
            var led = topics.partitions(TOPIC).stream()
                    .filter(partition ->
                            partition.leader() != null && partition.leader().id() == victim)
                    .map(TopicPartitionInfo::partition)
                    .toList();
            long killed = System.nanoTime();
            trio.kill9(victim);
            List<Double> millis = new ArrayList<>();
            for (CompletableFuture<Long> acked : send(producer, led)) {
                millis.add((Await.get(acked) - killed) / 1e6);
            }
            var measured = Measured.ofSamples(each, millis);
            var values = new LinkedHashMap<Figure, Double>();
            values.put(all, Collections.max(millis) / 1e3);
            values.putAll(measured.values());
            return new Measured(values, measured.samples());
        }
    }

    /** Sends one record to each; the results say when each was acknowledged. */
    private static List<CompletableFuture<Long>> send(
            KafkaProducer<byte[], byte[]> producer, List<Integer> partitions) {
        return partitions.stream()
                .map(partition -> {
                    var acked = new CompletableFuture<Long>();
                    var _ = producer.send(
                            new ProducerRecord<>(TOPIC, partition, null, new byte[100]), (done, error) -> {
                                if (error != null) {
                                    acked.completeExceptionally(error);
                                } else {
                                    acked.complete(System.nanoTime());
                                }
                            });
                    return acked;
                })
                .toList();
    }

    private static List<Integer> numbers(int count) {
        return IntStream.range(0, count).boxed().toList();
    }

    private static KafkaProducer<byte[], byte[]> producer(Trio trio) {
        Map<String, Object> settings = new HashMap<>(SteadyLoad.settings(trio.bootstrapServers()));
        settings.put("delivery.timeout.ms", Math.toIntExact(LIMIT.toMillis()));
        return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }
}
