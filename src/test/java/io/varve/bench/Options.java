package io.varve.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What to run.
 *
 * @param rounds how many pairs of measurements each figure is made of
 * @param quick less load, fewer combinations: a look, not a result
 * @param only the scenarios to run; empty for all that belong to a full run
 * @param same Apache Kafka against itself: shows what this machine's noise does to the ratios
 * @param partitions the larger number of partitions of the {@code partitions} scenario
 * @param rate records a second of the latency scenarios
 * @param seed of the order in which the two take turns
 * @param producerProperties settings of all producers, instead of the client's defaults
 */
record Options(
        int rounds,
        boolean quick,
        List<String> only,
        boolean same,
        int partitions,
        int rate,
        long seed,
        List<String> producerProperties) {
    static final String HELP = """
            Usage: ./varve bench [OPTION]...
            Measures Varve against Apache Kafka on this machine and prints ratios.

              --rounds N              pairs of measurements (default 5; with --quick 2)
              --quick                 less load and fewer combinations: a look, not a result
              --only NAME[,NAME]      only these scenarios: %s;
                                      cluster stands for those of three brokers
              --partitions N          the larger number of partitions (default 1000; 10000 takes minutes a round)
              --rate N                records a second in the latency scenarios (default 10000)
              --producer-property K=V a producer setting instead of the client's default (can be repeated)
              --same                  Apache Kafka against itself: how far from 1.0 noise alone goes here
              --seed N                repeat the order in which the two took turns
            """.formatted(String.join(", ", Scenarios.names()));

    /** Reads the command line; the error says what is wrong with it. Empty when help was asked for. */
    static Optional<Options> parse(String[] arguments) {
        var words = new ArrayList<>(List.of(arguments));
        if (words.contains("--help") || words.contains("-h")) {
            return Optional.empty();
        }
        boolean quick = words.remove("--quick");
        boolean same = words.remove("--same");
        int rounds = number(words, "--rounds", quick ? 2 : 5, 1, 100);
        int partitions = number(words, "--partitions", 1_000, 11, 20_000);
        int rate = number(words, "--rate", 10_000, 100, 1_000_000);
        int seed = number(words, "--seed", (int) (System.nanoTime() & 0xffff), 0, Integer.MAX_VALUE);
        var only = value(words, "--only")
                .map(names -> Stream.of(names.split(",", -1))
                        .flatMap(Scenarios::named)
                        .toList());
        var properties = new ArrayList<String>();
        for (var next = value(words, "--producer-property");
                next.isPresent();
                next = value(words, "--producer-property")) {
            properties.add(next.get());
        }
        if (!words.isEmpty()) {
            throw new IllegalArgumentException("what is " + words.getFirst() + "? See --help.");
        }
        return Optional.of(new Options(
                rounds, quick, only.orElse(List.of()), same, partitions, rate, seed, List.copyOf(properties)));
    }

    private static Optional<String> value(List<String> words, String option) {
        int at = words.indexOf(option);
        if (at < 0) {
            return Optional.empty();
        }
        if (at + 1 == words.size()) {
            throw new IllegalArgumentException(option + " needs a value");
        }
        words.remove(at);
        return Optional.of(words.remove(at));
    }

    private static int number(List<String> words, String option, int otherwise, int least, int most) {
        var text = value(words, option);
        if (text.isEmpty()) {
            return otherwise;
        }
        try {
            int number = Integer.parseInt(text.get());
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Said below, with the bounds.
        }
        throw new IllegalArgumentException(option + " is a number from " + least + " to " + most);
    }
}
