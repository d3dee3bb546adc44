package io.varve.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** What {@code ./varve simulate} does, on fewer seeds; {@code -Dvarve.simulate.seeds} is how many. */
class SimulationTest {
    private static final int SEEDS = Integer.getInteger("varve.simulate.seeds", 100);

    /** How many seeds a mutant may take. */
    private static final int SEEDS_FOR_A_MUTANT = 60;

    @SuppressWarnings("unused") // by name
    private static final java.util.List<Mutant> MUTANTS = Mutant.ALL;

    @Test
    void rules1To9HoldWhateverGoesWrong() {
        LongStream.rangeClosed(1, SEEDS).forEach(seed -> {
            Simulation.Outcome outcome = Simulation.run(seed, Simulate.FAULTS);
            if (outcome.violation() != null) {
                throw new AssertionError(
                        "seed " + seed + ", see ./varve simulate --seed " + seed + ":\n"
                                + String.join("\n", outcome.story()),
                        outcome.violation());
            }
            assertThat(outcome.acknowledged()).isPositive();
        });
    }

    @Test
    void aSeedGivesTheSameRunEachTime() {
        Simulation.Outcome once = Simulation.run(7, Simulate.FAULTS);
        Simulation.Outcome again = Simulation.run(7, Simulate.FAULTS);
        assertThat(again.story()).isEqualTo(once.story());
        assertThat(again.trace()).isEqualTo(once.trace());
        assertThat(again.acknowledged()).isEqualTo(once.acknowledged());
    }

    @ParameterizedTest
    @FieldSource("MUTANTS")
    void codeThatIsWrongIsFound(Mutant mutant) {
        MutantLoader loader = new MutantLoader(mutant);
        assertThat(LongStream.rangeClosed(1, SEEDS_FOR_A_MUTANT)
                        .anyMatch(seed -> loader.run(seed, Simulate.FAULTS) != null))
                .as(mutant.name())
                .isTrue();
    }
}
