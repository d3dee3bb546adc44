package io.varve.simulation;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The command {@code ./varve simulate}: replays one seed, or runs many on all cores. */
final class Simulate {
    static final int FAULTS = 20;

    private Simulate() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        SimulateOptions options;
        try {
            options = SimulateOptions.parse(arguments);
        } catch (IllegalArgumentException e) {
            System.err.println("varve simulate: " + e.getMessage());
            System.exit(2);
            return;
        }
        System.exit(
                switch (options.mode()) {
                    case HELP -> help();
                    case REPLAY -> replay(options);
                    case MANY ->
                        options.jobs() > 1 || options.seeds() > SimulateJobs.CHUNK
                                ? SimulateJobs.run(options, System.out::println)
                                : many(options);
                    case MUTANTS -> mutants(options);
                });
    }

    private static int help() {
        System.out.print(SimulateOptions.HELP);
        return 0;
    }

    /** One seed, and everything that happened. */
    private static int replay(SimulateOptions options) {
        Simulation.Outcome outcome = Simulation.run(options.first(), options.faults());
        outcome.story().forEach(System.out::println);
        System.out.println(line(outcome, 0));
        if (outcome.violation() == null) {
            return 0;
        }
        outcome.violation().printStackTrace(System.out);
        return 1;
    }

    private static int many(SimulateOptions options) {
        int found = 0;
        for (long seed = options.first(); seed <= options.last(); seed++) {
            long before = System.nanoTime();
            Simulation.Outcome outcome = Simulation.run(seed, options.faults());
            System.out.println(line(outcome, (System.nanoTime() - before) / 1_000_000));
            found += outcome.violation() == null ? 0 : 1;
        }
        return found == 0 ? 0 : 1;
    }

    private static String line(Simulation.Outcome outcome, long millis) {
        AssertionError violation = outcome.violation();
        return "seed=%d trace=%016x acknowledged=%d ms=%d%s"
                .formatted(
                        outcome.seed(),
                        outcome.trace(),
                        outcome.acknowledged(),
                        millis,
                        violation == null ? " ok" : " VIOLATION " + violation.getMessage());
    }

    /** How many seeds it takes to find each mutant. */
    private static int mutants(SimulateOptions options) {
        List<String> missed = new ArrayList<>();
        for (Mutant mutant : Mutant.ALL) {
            MutantLoader loader = new MutantLoader(mutant);
            long seed = options.first();
            String found = loader.run(seed, options.faults());
            while (found == null && seed < options.last()) {
                found = loader.run(++seed, options.faults());
            }
            System.out.printf(
                    "rule %-2s %-60s %s%n",
                    mutant.rule(),
                    mutant.name(),
                    found == null ? "NOT FOUND up to seed " + seed : "found by seed " + seed + ": " + found);
            if (found == null) {
                missed.add(mutant.name());
            }
        }
        return missed.isEmpty() ? 0 : 1;
    }

    /** What is wrong with a run; null when nothing is. Called through {@link MutantLoader} as well. */
    static @Nullable String violation(long seed, int faults) {
        AssertionError violation = Simulation.run(seed, faults).violation();
        return violation == null ? null : violation.getMessage();
    }
}
