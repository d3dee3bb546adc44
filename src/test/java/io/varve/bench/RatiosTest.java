package io.varve.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
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
