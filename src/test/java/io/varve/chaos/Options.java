package io.varve.chaos;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What to run.
 *
 * @param faults how many at most
 * @param minutes when to strike no more, however many there were; 0 for no such bound
 * @param seed of the schedule and of the clients
 * @param keep whether logs stay also when nothing was found
 */
record Options(int faults, int minutes, long seed, boolean keep) {
    static final int FAULTS = 1_000;

    static final String HELP = """
        Usage: ./varve chaos [OPTION]...
        Breaks three real brokers, etcd, the object store and the network between them, under load, and checks what clients were told.

          --faults N    how many faults at most (default 1000, about an hour; without a bound when only --minutes is given)
          --minutes M   strike no more after this time
          --seed S      the same faults as in a run that printed this seed
          --keep        keep the servers' logs also when nothing was found

        Exit code 0: nothing was lost. 1: something was, or the run broke off; the seed, the faults and what was found are printed.
        """;

    /** Reads the command line; the error says what is wrong with it. Empty when help was asked for. */
    static Optional<Options> parse(String[] arguments, long otherSeed) {
        List<String> words = new ArrayList<>(List.of(arguments));
        if (words.contains("--help") || words.contains("-h")) {
            return Optional.empty();
        }
        boolean keep = words.remove("--keep");
        OptionalLong minutes = number(words, "--minutes", 1, 7 * 24 * 60);
        OptionalLong faults = number(words, "--faults", 0, 1_000_000);
        long seed = number(words, "--seed", Long.MIN_VALUE, Long.MAX_VALUE).orElse(otherSeed);
        if (!words.isEmpty()) {
            throw new IllegalArgumentException("what is " + words.getFirst() + "? See --help.");
        }
        int most = minutes.isPresent() ? 1_000_000 : FAULTS;
        return Optional.of(new Options((int) faults.orElse(most), (int) minutes.orElse(0), seed, keep));
    }

    private static OptionalLong number(List<String> words, String option, long least, long most) {
        int at = words.indexOf(option);
        if (at < 0) {
            return OptionalLong.empty();
        }
        words.remove(at);
        try {
            long number = Long.parseLong(words.remove(at));
            if (number >= least && number <= most) {
                return OptionalLong.of(number);
            }
        } catch (NumberFormatException | IndexOutOfBoundsException e) {
            // Said below, with the bounds.
        }
        throw new IllegalArgumentException(option + " is a whole number from " + least + " to " + most);
    }
}
