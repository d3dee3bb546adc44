package io.varve.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RatiosTest {
    private static final Figure SPEED = Figure.higher("speed", "MiB/s", 1.0);
    private static final Figure DELAY = Figure.lower("delay", "ms", 0.1);

    @Test
    void pairsTheValuesOfARound() {
        // Given three rounds, in which the machine itself got slower and slower
        var ratios = new Ratios();
        ratios.add(Map.of(SPEED, 100.0), Map.of(SPEED, 120.0));
        ratios.add(Map.of(SPEED, 50.0), Map.of(SPEED, 55.0));
        ratios.add(Map.of(SPEED, 10.0), Map.of(SPEED, 15.0));
        // Then the ratios are those of the pairs, whatever the machine did
        ratios.forEach((figure, pairs) -> {
            assertThat(pairs.ratios()).containsExactly(new double[] {1.2, 1.1, 1.5}, within(1e-9));
            assertThat(pairs.median()).isCloseTo(1.2, within(1e-9));
        });
    }

    @Test
    void leavesOutWhatOnlyOneHas() {
        var ratios = new Ratios();
        ratios.add(Map.of(SPEED, 100.0, DELAY, 1.0), Map.of(DELAY, 2.0));
        var names = new ArrayList<String>();
        ratios.forEach((figure, pairs) -> names.add(figure.name()));
        assertThat(names).containsExactly("delay");
    }

    @Test
    void judgesByItselfWhatKafkaHasNot() {
        var ratios = new Ratios();
        ratios.addAlone(Measured.of(Map.of(DELAY, 3.0)));
        ratios.addAlone(Measured.of(Map.of(DELAY, 5.0)));
        ratios.forEach((figure, pairs) -> {
            assertThat(pairs.isOfVarveAlone()).isTrue();
            assertThat(pairs.median()).isEqualTo(4.0);
        });
    }

    @Test
    void putsTheRepetitionsOfAllRoundsTogether() {
        // Given two rounds with repetitions, whose medians are one pair each
        var ratios = new Ratios();
        ratios.add(
                Measured.ofSamples(DELAY, List.of(10.0, 30.0, 20.0)),
                Measured.ofSamples(DELAY, List.of(1.0, 2.0, 3.0)));
        ratios.add(
                Measured.ofSamples(DELAY, List.of(10.0, 10.0, 900.0)),
                Measured.ofSamples(DELAY, List.of(4.0, 5.0, 6.0)));
        ratios.forEach(
                (figure, pairs) -> assertThat(pairs.ratios()).containsExactly(new double[] {0.1, 0.5}, within(1e-9)));
        // Then the distribution is of all of them
        ratios.forEachDistribution((figure, samples) -> {
            assertThat(samples.kafka()).hasSize(6);
            assertThat(Ratios.quantile(samples.kafka(), 1)).isEqualTo(900);
            assertThat(Ratios.quantile(samples.varve(), 0.5)).isEqualTo(3);
            assertThat(Ratios.quantile(samples.varve(), 0.99)).isEqualTo(6);
        });
    }

    @Test
    void takesTheMiddleOfAnEvenNumber() {
        assertThat(Ratios.median(new double[] {4, 1, 3, 2})).isEqualTo(2.5);
        assertThat(Ratios.median(new double[] {9, 1, 5})).isEqualTo(5);
    }

    @Test
    void knowsWhichWayIsBetter() {
        assertThat(SPEED.isMet(1.0)).isTrue();
        assertThat(SPEED.isMet(0.99)).isFalse();
        assertThat(DELAY.isMet(0.1)).isTrue();
        assertThat(DELAY.isMet(0.11)).isFalse();
    }

    @Test
    void readsWhatThisProcessUses() {
        long pid = ProcessHandle.current().pid();
        assertThat(ProcessUsage.cpuSeconds(pid)).isPositive().isLessThan(36_000);
        assertThat(ProcessUsage.residentMib(pid)).isBetween(20.0, ProcessUsage.peakResidentMib(pid));
    }
}
