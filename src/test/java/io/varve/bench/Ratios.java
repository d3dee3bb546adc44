package io.varve.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/** What was measured, in pairs: one value of each contestant a round; of some figures, of Varve alone. Not thread-safe. */
final class Ratios {
    /** The values of one figure; the two lists are of one length, or Kafka has no such figure and its list is empty. */
    record Pairs(List<Double> kafka, List<Double> varve) {
        Pairs() {
            this(new ArrayList<>(), new ArrayList<>());
        }

        /** True when there is nothing to compare with: then Varve's own values are judged. */
        boolean isOfVarveAlone() {
            return kafka.isEmpty();
        }

        /** Varve's value divided by Kafka's, of each round. */
        double[] ratios() {
            var ratios = new double[kafka.size()];
            Arrays.setAll(ratios, i -> varve.get(i) / kafka.get(i));
            return ratios;
        }

        /** What is judged, once a round: the ratio, or what Varve alone has. */
        double[] judged() {
            return isOfVarveAlone() ? array(varve) : ratios();
        }

        double median() {
            return Ratios.median(judged());
        }
    }

    /** Every single value of all rounds, of what is repeated within a round. */
    record Samples(List<Double> kafka, List<Double> varve) {
        Samples() {
            this(new ArrayList<>(), new ArrayList<>());
        }
    }

    private final Map<Figure, Pairs> figures = new LinkedHashMap<>();
    private final Map<Figure, Samples> samples = new LinkedHashMap<>();

    /** Adds a round; only what both have. */
    void add(Measured kafka, Measured varve) {
        add(kafka.values(), varve.values());
        kafka.samples().forEach((figure, values) -> samplesOf(figure).kafka().addAll(values));
        varve.samples().forEach((figure, values) -> samplesOf(figure).varve().addAll(values));
    }

    /** Adds a round of what Kafka has nothing to compare with. */
    void addAlone(Measured varve) {
        varve.values()
                .forEach((figure, value) -> figures.computeIfAbsent(figure, f -> new Pairs())
                        .varve()
                        .add(value));
        varve.samples().forEach((figure, values) -> samplesOf(figure).varve().addAll(values));
    }

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

    void forEachDistribution(BiConsumer<Figure, Samples> action) {
        samples.forEach(action);
    }

    private Samples samplesOf(Figure figure) {
        return samples.computeIfAbsent(figure, f -> new Samples());
    }

    void forEach(BiConsumer<Figure, Pairs> action) {
        figures.forEach(action);
    }

    /** The smallest value that at least this part of all values do not exceed. */
    static double quantile(List<Double> values, double part) {
        var sorted = values.stream().sorted().toList();
        return sorted.get(Math.max(0, (int) Math.ceil(part * sorted.size()) - 1));
    }

    private static double[] array(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }

    static double median(double[] values) {
        var sorted = values.clone();
        Arrays.sort(sorted);
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }
}
