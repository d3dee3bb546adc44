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

/** The program behind {@code ./varve bench}. Exit codes: 0 done, 1 a scenario failed, 2 wrong usage. */
public final class Bench {
    private final Options options;
    private final Contestant.Maker varve;
    private final Random random;
    private final Path folder;
    private final List<String> failures = new ArrayList<>();

    private Bench(Options options, Path folder) {
        this.options = options;
        this.varve = options.same() ? Contestant::kafka : Contestant::varve;
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
                runPair(scenario, round, ratios);
            }
        });
        var report = new Report(options, ratios, failures);
        report.print(System.out);
        System.out.println("JSON: " + report.write(Folders.project().resolve("target/bench")));
        return failures.isEmpty() ? 0 : 1;
    }

    /** Both once before anything counts: files are in the page cache, and Varve's launcher has made what it makes once. */
    private void warmUp() {
        for (Contestant.Maker maker : List.<Contestant.Maker>of(Contestant::kafka, varve)) {
            measure(maker, "warm-up", (contestant, ignored) -> {
                contestant.launch();
                contestant.awaitReady();
                return Map.of();
            });
        }
    }

    private void runPair(Scenario scenario, int round, Ratios ratios) {
        String title = scenario.name() + " " + round + "/" + options.rounds();
        Optional<Map<Figure, Double>> kafka;
        Optional<Map<Figure, Double>> other;
        if (random.nextBoolean()) {
            kafka = measure(Contestant::kafka, title + " Kafka", scenario::run);
            other = measure(varve, title + " Varve", scenario::run);
        } else {
            other = measure(varve, title + " Varve", scenario::run);
            kafka = measure(Contestant::kafka, title + " Kafka", scenario::run);
        }
        if (kafka.isPresent() && other.isPresent()) {
            ratios.add(kafka.get(), other.get());
        }
    }

    @FunctionalInterface
    private interface Measurement {
        Map<Figure, Double> of(Contestant contestant, Options options);
    }

    private Optional<Map<Figure, Double>> measure(Contestant.Maker maker, String title, Measurement measurement) {
        Path data = folder.resolve(title.replaceAll("\\W+", "-"));
        long before = System.nanoTime();
        try (var contestant = maker.make(data)) {
            return Optional.of(measurement.of(contestant, options));
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
