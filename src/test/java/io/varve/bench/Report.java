package io.varve.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.testkit.KafkaTools;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The table for people and the JSON for programs. */
final class Report {
    private static final String ROW = "%-50s %9s %9s %-6s %7s   %-15s %-8s %s%n";
    private static final String SPREAD = "%-50s %9s %9s %9s %9s %s%n";
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private final Options options;
    private final Ratios ratios;
    private final List<String> failures;

    Report(Options options, Ratios ratios, List<String> failures) {
        this.options = options;
        this.ratios = ratios;
        this.failures = failures;
    }

    /** What is compared with what, on which terms. */
    static String terms(Options options) {
        String other = options.same()
                ? "Apache Kafka again, as if it were Varve: all ratios would be 1.0 without noise"
                : "Varve with the settings of its launcher, alone with an etcd and an S3 server (MinIO) of its own;"
                        + " its acks mean synced to the disk";
        return """
                Apache Kafka %s (its shipped settings, -Xmx1G -Xms1G as its start script has it; its acks mean: in the page cache, but for "synced")
                against %s.
                One of them runs at a time, on fresh data, in turns of random order (--seed %d); %d rounds.
                Scenarios of three brokers: three of each (Kafka: KRaft, each node a broker and a controller), topics with three copies and
                min.insync.replicas=2; there acks of both mean: on all members in sync, in their page caches.
                Clients: Kafka's own performance tools with the clients' defaults, acks=all%s; latency: a Java client at %d records of 1 KiB a second.
                """.formatted(
                KafkaTools.VERSION,
                other,
                options.seed(),
                options.rounds(),
                options.producerProperties().isEmpty() ? "" : ", " + String.join(", ", options.producerProperties()),
                options.rate());
    }

    void print(PrintStream out) {
        out.println();
        out.printf(Locale.ROOT, ROW, "", "Kafka", "Varve", "", "ratio", "min - max", "wanted", "");
        ratios.forEach((figure, pairs) -> print(out, figure, pairs));
        printDistributions(out);
        out.println();
        out.println(
                "ratio: Varve/Kafka, the median over the rounds' pairs, then the smallest and the largest of them.");
        out.println(
                "MiB/s and 1/s: more is better; ms, s, s/GiB, MiB: less is better. Where Kafka has no value, min - max and"
                        + " wanted are of Varve's own.");
        failures.forEach(failure -> out.println("FAILED: " + failure));
    }

    private void print(PrintStream out, Figure figure, Ratios.Pairs pairs) {
        double median = pairs.median();
        boolean judged = isJudged(figure);
        boolean alone = pairs.isOfVarveAlone();
        out.printf(
                Locale.ROOT,
                ROW,
                figure.name(),
                alone ? "-" : number(Ratios.median(array(pairs.kafka()))),
                number(Ratios.median(array(pairs.varve()))),
                figure.unit(),
                alone ? "-" : number(median),
                number(Arrays.stream(pairs.judged()).min().orElseThrow()) + " - "
                        + number(Arrays.stream(pairs.judged()).max().orElseThrow()),
                judged ? (figure.better() == Figure.Better.HIGHER ? ">= " : "<= ") + figure.wanted() : "",
                judged ? (figure.isMet(median) ? "yes" : "MISSED") : "");
    }

    /** What was repeated within the rounds, all repetitions of all rounds together. */
    private void printDistributions(PrintStream out) {
        ratios.forEachDistribution((figure, samples) -> {
            out.println();
            out.printf(Locale.ROOT, SPREAD, figure.name(), "n", "p50", "p99", "max", figure.unit());
            printSpread(out, "Kafka", samples.kafka());
            printSpread(out, "Varve", samples.varve());
        });
    }

    private static void printSpread(PrintStream out, String who, List<Double> values) {
        if (!values.isEmpty()) {
            out.printf(
                    Locale.ROOT,
                    SPREAD,
                    "  " + who,
                    values.size(),
                    number(Ratios.quantile(values, 0.5)),
                    number(Ratios.quantile(values, 0.99)),
                    number(Ratios.quantile(values, 1)),
                    "");
        }
    }

    /** Writes the JSON and says where. */
    Path write(Path folder) {
        var now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        var root = JSON.createObjectNode();
        root.put("time", now.toString());
        root.put("kafka", KafkaTools.VERSION);
        root.put("same", options.same());
        root.put("quick", options.quick());
        root.put("rounds", options.rounds());
        root.put("seed", options.seed());
        root.put("processors", Runtime.getRuntime().availableProcessors());
        root.put("java", System.getProperty("java.vm.version"));
        root.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        var figures = root.putArray("figures");
        ratios.forEach((figure, pairs) -> add(figures, figure, pairs));
        var distributions = root.putArray("distributions");
        ratios.forEachDistribution((figure, samples) -> {
            ObjectNode node = distributions.addObject();
            node.put("name", figure.name());
            node.put("unit", figure.unit());
            samples.kafka().forEach(node.withArray("/kafkaValues")::add);
            samples.varve().forEach(node.withArray("/varveValues")::add);
        });
        var failed = root.putArray("failures");
        failures.forEach(failed::add);
        try {
            Files.createDirectories(folder);
            Path file = folder.resolve("bench-" + now.toString().replace(":", "") + ".json");
            JSON.writeValue(file.toFile(), root);
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write the results to " + folder, e);
        }
    }

    private void add(ArrayNode figures, Figure figure, Ratios.Pairs pairs) {
        ObjectNode node = figures.addObject();
        node.put("name", figure.name());
        node.put("unit", figure.unit());
        node.put("better", figure.better().name().toLowerCase(Locale.ROOT));
        pairs.kafka().forEach(node.withArray("/kafkaValues")::add);
        pairs.varve().forEach(node.withArray("/varveValues")::add);
        if (!pairs.isOfVarveAlone()) {
            Arrays.stream(pairs.ratios()).forEach(node.withArray("/ratios")::add);
            node.put("ratio", pairs.median());
        }
        if (isJudged(figure)) {
            node.put("wanted", figure.wanted());
            node.put("met", figure.isMet(pairs.median()));
        }
    }

    /** Kafka against itself shows noise, and misses nothing. */
    private boolean isJudged(Figure figure) {
        return !options.same() && !Double.isNaN(figure.wanted());
    }

    private static double[] array(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /** Three digits that mean something. */
    private static String number(double value) {
        double size = Math.abs(value);
        int decimals = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
        return String.format(Locale.ROOT, "%." + decimals + "f", value);
    }
}
