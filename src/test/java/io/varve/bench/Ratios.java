package io.varve.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/** What was measured, in pairs: one value of each contestant a round. Not thread-safe. */
final class Ratios {
    /** The values of one figure; the two lists are of one length. */
    record Pairs(List<Double> kafka, List<Double> varve) {
        Pairs() {
            this(new ArrayList<>(), new ArrayList<>());
        }

        /** Varve's value divided by Kafka's, of each round. */
        double[] ratios() {
            var ratios = new double[kafka.size()];
            Arrays.setAll(ratios, i -> varve.get(i) / kafka.get(i));
            return ratios;
        }

        double median() {
            return Ratios.median(ratios());
        }
    }

    private final Map<Figure, Pairs> figures = new LinkedHashMap<>();

    /** Adds a round; only what both have. */
    void add(Map<Figure, Double> kafka, Map<Figure, Double> varve) {
        kafka.forEach((figure, value) -> {
            Double other = varve.get(figure);
            if (other != null) {
                var pairs = figures.computeIfAbsent(figure, f -> new Pairs());
                pairs.kafka().add(value);
                pairs.varve().add(other);
            }
        });
    }

    void forEach(BiConsumer<Figure, Pairs> action) {
        figures.forEach(action);
    }

    static double median(double[] values) {
        var sorted = values.clone();
        Arrays.sort(sorted);
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }
}
