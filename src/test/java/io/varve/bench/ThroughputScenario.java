package io.varve.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One producer as fast as it goes, then one consumer; and what that costs the broker in CPU and memory. */
final class ThroughputScenario implements OneBrokerScenario {
    private static final double BYTES_PER_GIB = 1 << 30;
    private static final Figure PRODUCE_CPU = Figure.lower("broker CPU, produce", "s/GiB", Double.NaN);
    private static final Figure CONSUME_CPU = Figure.lower("broker CPU, consume", "s/GiB", Double.NaN);
    private static final Figure RSS = Figure.lower("broker RSS after load", "MiB", 0.6);
    private static final Figure PEAK_RSS = Figure.lower("broker RSS, peak", "MiB", Double.NaN);

    private record Case(int recordBytes, int partitions, String codec) {
        String topic() {
            return "t-%d-%d-%s".formatted(recordBytes, partitions, codec);
        }

        String label() {
            return "%s, %d partition%s, %s"
                    .formatted(
                            recordBytes == 1024 ? "1 KiB" : recordBytes + " B",
                            partitions,
                            partitions == 1 ? "" : "s",
                            codec);
        }

        long records(boolean quick) {
            long full = recordBytes == 1024 ? 600_000 : 3_000_000;
            return quick ? full / 5 : full;
        }
    }

    @Override
    public String name() {
        return "throughput";
    }

    @Override
    public Map<Figure, Double> run(Contestant contestant, Options options) {
        contestant.launch();
        contestant.awaitReady();
        var load = new Load(contestant.bootstrapServers(), options.producerProperties());
        load.createTopic("warm-up", 4, Map.of());
        load.produce("warm-up", 100_000, 1024, "none");
        load.consume("warm-up", 100_000);

        var figures = new LinkedHashMap<Figure, Double>();
        double produceCpu = 0;
        double consumeCpu = 0;
        double gib = 0;
        for (Case each : cases(options.quick())) {
            long records = each.records(options.quick());
            load.createTopic(each.topic(), each.partitions(), Map.of());
            double atStart = ProcessUsage.cpuSeconds(contestant.pid());
            double produced = load.produce(each.topic(), records, each.recordBytes(), each.codec());
            double inBetween = ProcessUsage.cpuSeconds(contestant.pid());
            double consumed = load.consume(each.topic(), records);
            double atEnd = ProcessUsage.cpuSeconds(contestant.pid());
            figures.put(Figure.higher("produce " + each.label(), "MiB/s", 1.0), produced);
            figures.put(Figure.higher("consume " + each.label(), "MiB/s", 1.0), consumed);
            produceCpu += inBetween - atStart;
            consumeCpu += atEnd - inBetween;
            gib += records * each.recordBytes() / BYTES_PER_GIB;
        }
        figures.put(PRODUCE_CPU, produceCpu / gib);
        figures.put(CONSUME_CPU, consumeCpu / gib);
        figures.put(RSS, ProcessUsage.residentMib(contestant.pid()));
        figures.put(PEAK_RSS, ProcessUsage.peakResidentMib(contestant.pid()));
        return figures;
    }

    private static List<Case> cases(boolean quick) {
        if (quick) {
            return List.of(
                    new Case(1024, 1, "none"),
                    new Case(1024, 16, "none"),
                    new Case(1024, 16, "lz4"),
                    new Case(100, 16, "none"));
        }
        var cases = new ArrayList<Case>();
        for (int recordBytes : List.of(1024, 100)) {
            for (int partitions : List.of(1, 16)) {
                for (String codec : List.of("none", "lz4")) {
                    cases.add(new Case(recordBytes, partitions, codec));
                }
            }
        }
        return cases;
    }
}
