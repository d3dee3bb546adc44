package io.varve.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/** Acknowledgement and end-to-end latency at a steady rate; "synced" with every ack on the disk in both. */
final class LatencyScenario implements OneBrokerScenario {
    private static final int PARTITIONS = 4;

    private final String name;
    private final boolean synced;

    LatencyScenario(String name, boolean synced) {
        this.name = name;
        this.synced = synced;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Map<Figure, Double> run(Contestant contestant, Options options) {
        contestant.launch();
        contestant.awaitReady();
        var load = new Load(contestant.bootstrapServers(), options.producerProperties());
        load.createTopic(name, PARTITIONS, synced ? contestant.syncedTopic() : Map.of());
        int warmUp = options.quick() ? 3 : 5;
        int seconds = options.quick() ? 5 : 15;
        var result = Latency.measure(contestant.bootstrapServers(), name, PARTITIONS, options.rate(), warmUp, seconds);
        var figures = new LinkedHashMap<Figure, Double>();
        put(figures, "ack", result.ack(), synced ? 0.1 : Double.NaN);
        put(figures, "end to end", result.endToEnd(), Double.NaN);
        figures.put(Figure.higher(label("rate held"), "1/s", Double.NaN), result.achieved());
        return figures;
    }

    private void put(Map<Figure, Double> figures, String what, Latency.Percentiles percentiles, double wantedP99) {
        figures.put(Figure.lower(label(what + " p50"), "ms", Double.NaN), percentiles.p50());
        figures.put(Figure.lower(label(what + " p99"), "ms", wantedP99), percentiles.p99());
        figures.put(Figure.lower(label(what + " p99.9"), "ms", Double.NaN), percentiles.p999());
    }

    private String label(String what) {
        return synced ? what + ", acks synced" : what;
    }
}
