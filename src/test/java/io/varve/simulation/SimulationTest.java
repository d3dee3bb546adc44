package io.varve.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** What {@code ./varve simulate} does, on fewer seeds; {@code -Dvarve.simulate.seeds} is how many. */
class SimulationTest {
    private static final int SEEDS = Integer.getInteger("varve.simulate.seeds", 2_000);

    private static final Pattern SEED = Pattern.compile("^seed=(\\d+) ");

    /** How many seeds a mutant may take. */
    private static final int SEEDS_FOR_A_MUTANT = 200;

    @SuppressWarnings("unused") // by name
    private static final List<Mutant> MUTANTS = Mutant.ALL;

    /** Seeds that this process runs as well. */
    private static final int TWICE = 5;

    @Test
    void rules1To9HoldWhateverGoesWrong_andASeedGivesTheSameRunInEveryProcess() throws Exception {
        Map<Long, String> told = new ConcurrentHashMap<>();
        SimulateOptions options = SimulateOptions.parse(new String[] {"--seeds", "1.." + SEEDS});
        List<String> others = new CopyOnWriteArrayList<>();
        int found = SimulateJobs.run(options, line -> {
            Matcher seed = SEED.matcher(line);
            if (seed.find()) {
                told.put(Long.parseLong(seed.group(1)), line);
            } else {
                others.add(line);
            }
        });
        assertThat(told.values().stream().filter(line -> !line.endsWith(" ok")))
                .as("replay one with ./varve simulate --seed N")
                .isEmpty();
        assertThat(found).as(others.toString()).isZero();
        assertThat(told).hasSize(SEEDS);
        for (long seed = (long) SEEDS - TWICE + 1; seed <= SEEDS; seed++) {
            Simulation.Outcome again = Simulation.run(seed, Simulate.FAULTS);
            assertThat(again.acknowledged()).isPositive();
            assertThat(told.get(seed)).contains("trace=%016x".formatted(again.trace()));
        }
    }

    @Test
    void aReplayTellsTheSameStory() {
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
