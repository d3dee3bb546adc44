package io.varve.bench;

import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** From the start of the process, with empty data, to the first acknowledged record (its topic is made on the way). */
final class StartScenario implements OneBrokerScenario {
    private static final Figure FIRST_ACK = Figure.lower("start to first ack", "s", 0.5);

    @Override
    public String name() {
        return "start";
    }

    @Override
    public Map<Figure, Double> run(Contestant contestant, Options options) {
        // The client is there first and asks often, so that its own patience is not what is measured.
        var settings = Map.<String, Object>of(
                "bootstrap.servers",
                contestant.bootstrapServers(),
                "acks",
                "all",
                "linger.ms",
                0,
                "retry.backoff.ms",
                10,
                "retry.backoff.max.ms",
                10,
                "reconnect.backoff.ms",
                10,
                "reconnect.backoff.max.ms",
                10,
                "max.block.ms",
                120_000);
        try (var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            long before = System.nanoTime();
            contestant.launch();
            producer.send(new ProducerRecord<>("first", new byte[100])).get();
            return Map.of(FIRST_ACK, (System.nanoTime() - before) / 1e9);
        } catch (ExecutionException e) {
            throw new IllegalStateException("no first ack", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
