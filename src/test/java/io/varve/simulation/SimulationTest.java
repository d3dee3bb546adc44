package io.varve.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Runs the seeds from {@code varve.simulate.first} to {@code varve.simulate.last}, with {@code varve.simulate.faults} faults each. */
class SimulationTest {
    @Test
    void rules1To10HoldWhateverGoesWrong() {
        long first = Long.getLong("varve.simulate.first", 1);
        long last = Long.getLong("varve.simulate.last", 20);
        int faults = Integer.getInteger("varve.simulate.faults", 12);
        LongStream.rangeClosed(first, last).forEach(seed -> {
            Simulation.Outcome outcome = Simulation.run(seed, faults);
            System.err.println("SEED " + seed + " " + outcome.trace() + " " + outcome.acknowledged()
                    + (outcome.violation() == null
                            ? ""
                            : " BAD " + outcome.violation().getMessage()));
            if (outcome.violation() != null && System.getProperty("goon") == null) {
                throw new AssertionError(
                        "seed " + seed + ":\n" + String.join("\n", outcome.story()) + "\n"
                                + outcome.violation().getMessage(),
                        outcome.violation());
            }
            assertThat(outcome.acknowledged()).isPositive();
        });
    }

    @Test
    void aSeedGivesTheSameRunEachTime() {
        Simulation.Outcome once = Simulation.run(7, 12);
        Simulation.Outcome again = Simulation.run(7, 12);
        assertThat(again.story()).isEqualTo(once.story());
        assertThat(again.trace()).isEqualTo(once.trace());
        assertThat(again.acknowledged()).isEqualTo(once.acknowledged());
    }
}
