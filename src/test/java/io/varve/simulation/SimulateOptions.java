package io.varve.simulation;

import java.util.ArrayList;
import java.util.List;

/** What {@code ./varve simulate} was asked for; seeds from {@code first} to {@code last}. */
record SimulateOptions(Mode mode, long first, long last, int faults, int jobs) {
    static final String HELP = """
            Usage: ./varve simulate [OPTION]...
            Runs a whole cluster in one thread, with faults that a seed decides, and checks what its clients were told.

              --seed N        replays one seed, and tells all that happened
              --seeds A..B    runs many, a line each (default 1..100)
              --mutants       breaks the code in one way after another and looks how many of the seeds it takes to notice
              --faults N      faults a run (default %d)
              --jobs N        processes (default: one a core)

            Ends with 1 when a rule was broken (or a mutant was not found), with 2 when it was not understood.
            """.formatted(Simulate.FAULTS);

    enum Mode {
        HELP,
        REPLAY,
        MANY,
        MUTANTS
    }

    long seeds() {
        return last - first + 1;
    }

    /** @throws IllegalArgumentException says what is wrong */
    static SimulateOptions parse(String[] arguments) {
        List<String> words = new ArrayList<>(List.of(arguments));
        boolean help = words.removeAll(List.of("--help", "-h"));
        boolean mutants = words.remove("--mutants");
        String seed = value(words, "--seed");
        String seeds = value(words, "--seeds");
        int faults = (int) number(value(words, "--faults"), "--faults", Simulate.FAULTS);
        int jobs = (int)
                number(value(words, "--jobs"), "--jobs", Runtime.getRuntime().availableProcessors());
        if (!words.isEmpty()) {
            throw new IllegalArgumentException("what is " + words.getFirst() + "? See --help.");
        }
        if (help) {
            return new SimulateOptions(Mode.HELP, 0, 0, faults, jobs);
        }
        if (!seed.isEmpty()) {
            long only = number(seed, "--seed", 0);
            return new SimulateOptions(mutants ? Mode.MUTANTS : Mode.REPLAY, only, only, faults, jobs);
        }
        String[] ends = (seeds.isEmpty() ? "1..100" : seeds).split("\\.\\.", -1);
        if (ends.length != 2) {
            throw new IllegalArgumentException("--seeds takes two numbers, as in 1..100, not " + seeds);
        }
        long first = number(ends[0], "--seeds", 0);
        long last = number(ends[1], "--seeds", 0);
        if (last < first) {
            throw new IllegalArgumentException("--seeds " + seeds + " ends before it begins");
        }
        return new SimulateOptions(mutants ? Mode.MUTANTS : Mode.MANY, first, last, faults, jobs);
    }

    private static String value(List<String> words, String option) {
        int at = words.indexOf(option);
        if (at < 0) {
            return "";
        }
        if (at + 1 == words.size()) {
            throw new IllegalArgumentException(option + " needs a value");
        }
        String value = words.remove(at + 1);
        words.remove(at);
        return value;
    }

    private static long number(String word, String option, long otherwise) {
        if (word.isEmpty()) {
            return otherwise;
        }
        try {
            long number = Long.parseLong(word);
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw new IllegalArgumentException(option + " takes a number of at least 0, not " + word);
    }
}
