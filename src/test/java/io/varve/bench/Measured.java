package io.varve.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What came out of one turn.
 *
 * @param values one value a figure
 * @param samples of what was repeated within the turn: each single value
 */
record Measured(Map<Figure, Double> values, Map<Figure, List<Double>> samples) {
    static Measured of(Map<Figure, Double> values) {
        return new Measured(values, Map.of());
    }

    /** A figure that was measured several times: the median counts in the ratios, and all of them in the distribution. */
    static Measured ofSamples(Figure figure, List<Double> samples) {
        var values = new LinkedHashMap<Figure, Double>();
        values.put(
                figure,
                Ratios.median(samples.stream().mapToDouble(Double::doubleValue).toArray()));
        return new Measured(values, Map.of(figure, List.copyOf(samples)));
    }
}
