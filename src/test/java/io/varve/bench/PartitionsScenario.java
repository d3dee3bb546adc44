package io.varve.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Produce to few and to many partitions, each record to the next partition: what many independent keys or producers do
 * to a broker, and the client's usual sticky partitioner would hide.
 */
final class PartitionsScenario implements OneBrokerScenario {
    static final String ROUND_ROBIN = "partitioner.class=org.apache.kafka.clients.producer.RoundRobinPartitioner";
    private static final int FEW = 10;

    @Override
    public String name() {
        return "partitions";
    }

    @Override
    public Map<Figure, Double> run(Contestant contestant, Options options) {
        contestant.launch();
        contestant.awaitReady();
        var load = new Load(contestant.bootstrapServers(), options.producerProperties());
        var figures = new LinkedHashMap<Figure, Double>();
        for (int partitions : List.of(FEW, options.partitions())) {
            String topic = "p-" + partitions;
            long records = options.quick() ? 80_000 : 300_000;
            load.createTopic(topic, partitions, Map.of());
            var figure = Figure.higher(
                    "produce 1 KiB round robin, " + partitions + " partitions", "MiB/s", partitions == FEW ? 1.0 : 1.5);
            figures.put(figure, load.produce(topic, records, 1024, "none", ROUND_ROBIN));
        }
        return figures;
    }
}
