package io.varve.bench;

import io.varve.testkit.Folders;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;

/** The program behind {@code ./varve bench}. Exit codes: 0 done, 1 a scenario failed, 2 wrong usage. */
public final class Bench {
    private final Options options;
    private final Side varve;
    private final Random random;
    private final Path folder;
    private final List<String> failures = new ArrayList<>();

    private Bench(Options options, Path folder) {
        this.options = options;
        this.varve = options.same() ? Side.KAFKA_AGAIN : Side.VARVE;
        this.random = new Random(options.seed());
        this.folder = folder;
    }

    /** Runs the benchmark as the arguments say. */
    public static void main(String[] arguments) {
        System.exit(run(arguments));
    }

    private static int run(String[] arguments) {
        Optional<Options> options;
        try {
            options = Options.parse(arguments);
        } catch (IllegalArgumentException e) {
            System.err.println("bench: " + e.getMessage());
            return 2;
        }
        if (options.isEmpty()) {
            System.out.print(Options.HELP);
            return 0;
        }
        Path folder = newFolder();
        try {
            return new Bench(options.get(), folder).run();
        } finally {
            Folders.delete(folder);
        }
    }

    private int run() {
        System.out.println(Report.terms(options));
        warmUp();
        var ratios = new Ratios();
        Scenarios.chosen(options).forEach(scenario -> {
            for (int round = 1; round <= options.rounds(); round++) {
                run(scenario, round, ratios);
            }
        });
        var report = new Report(options, ratios, failures);
        report.print(System.out);
        System.out.println("JSON: " + report.write(Folders.project().resolve("target/bench")));
        return failures.isEmpty() ? 0 : 1;
    }

    /** Both once before anything counts: files are in the page cache, and Varve's launcher has made what it makes once. */
    private void warmUp() {
        for (Side side : List.of(Side.KAFKA, varve)) {
            measure(side, "warm-up", folder -> {
                try (var contestant = side.one().make(folder)) {
                    contestant.launch();
                    contestant.awaitReady();
                    return Measured.of(Map.of());
                }
            });
        }
    }

    private void run(Scenario scenario, int round, Ratios ratios) {
        String title = scenario.name() + " " + round + "/" + options.rounds();
        if (!scenario.isOfVarveAlone()) {
            runPair(scenario, title, ratios);
        } else if (!options.same()) {
            turn(varve, scenario, title).ifPresent(ratios::addAlone);
        }
    }

    private void runPair(Scenario scenario, String title, Ratios ratios) {
        Optional<Measured> kafka;
        Optional<Measured> other;
        if (random.nextBoolean()) {
            kafka = turn(Side.KAFKA, scenario, title);
            other = turn(varve, scenario, title);
        } else {
            other = turn(varve, scenario, title);
            kafka = turn(Side.KAFKA, scenario, title);
        }
        if (kafka.isPresent() && other.isPresent()) {
            ratios.add(kafka.get(), other.get());
        }
    }

    private Optional<Measured> turn(Side side, Scenario scenario, String title) {
        return measure(side, title, data -> scenario.run(side, data, options));
    }

    private Optional<Measured> measure(Side side, String what, Function<Path, Measured> measurement) {
        String title = what + " " + side.title();
        Path data = folder.resolve(title.replaceAll("\\W+", "-"));
        long before = System.nanoTime();
        try {
            return Optional.of(measurement.apply(data));
        } catch (RuntimeException | AssertionError e) {
            failures.add(title + ": " + e);
            return Optional.empty();
        } finally {
            Folders.delete(data);
            System.err.printf("%-24s %4d s%n", title, (System.nanoTime() - before) / 1_000_000_000);
        }
    }

    private static Path newFolder() {
        try {
            return Files.createTempDirectory("varve-bench");
        } catch (IOException e) {
            throw new UncheckedIOException("no folder for the brokers' data", e);
        }
    }
}
