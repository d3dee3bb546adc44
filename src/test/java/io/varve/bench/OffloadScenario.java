package io.varve.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Segments so small that Varve seals and uploads them during the measurement, to an S3 server on this same machine. Kafka
 * has the same segments and keeps them: this is what moving all data to S3 costs.
 */
final class OffloadScenario implements OneBrokerScenario {
    private static final Figure PRODUCE =
            Figure.higher("produce 1 KiB, 16 MiB segments (Varve uploads)", "MiB/s", Double.NaN);
    private static final Figure CONSUME =
            Figure.higher("consume 1 KiB, 16 MiB segments (Varve uploads)", "MiB/s", Double.NaN);

    @Override
    public String name() {
        return "offload";
    }

    @Override
    public Map<Figure, Double> run(Contestant contestant, Options options) {
        contestant.launch();
        contestant.awaitReady();
        var load = new Load(contestant.bootstrapServers(), options.producerProperties());
        long records = options.quick() ? 300_000 : 1_000_000;
        load.createTopic("offload", 4, Map.of("segment.bytes", "16777216"));
        var figures = new LinkedHashMap<Figure, Double>();
        figures.put(PRODUCE, load.produce("offload", records, 1024, "none"));
        figures.put(CONSUME, load.consume("offload", records));
        return figures;
    }
}
