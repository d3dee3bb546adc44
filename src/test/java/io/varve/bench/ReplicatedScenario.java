package io.varve.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/** Produce to three copies: at full speed with what that costs in CPU, and acknowledgement times at a steady rate. */
final class ReplicatedScenario implements ThreeBrokersScenario {
    private static final double BYTES_PER_GIB = 1 << 30;
    private static final int RECORD_BYTES = 1024;
    private static final int PARTITIONS = 6;
    private static final Figure PRODUCE = Figure.higher("produce 1 KiB, 3 copies", "MiB/s", Double.NaN);
    private static final Figure CPU = Figure.lower("CPU of all brokers, produce, 3 copies", "s/GiB", Double.NaN);
    private static final Figure ALL_CPU =
            Figure.lower("CPU of brokers, etcd and S3 server, produce, 3 copies", "s/GiB", Double.NaN);
    private static final Figure P50 = Figure.lower("ack p50, 3 copies", "ms", Double.NaN);
    private static final Figure P99 = Figure.lower("ack p99, 3 copies", "ms", Double.NaN);
    private static final Figure HELD = Figure.higher("rate held, 3 copies", "1/s", Double.NaN);

    @Override
    public String name() {
        return "replicated";
    }

    @Override
    public Measured run(Trio trio, Options options) {
        var load = new Load(trio.bootstrapServers(), options.producerProperties());
        var figures = new LinkedHashMap<Figure, Double>();
        try (var topics = new Topics(trio.bootstrapServers())) {
            topics.create("warm-up", PARTITIONS);
            topics.create("full-speed", PARTITIONS);
            topics.create("steady", PARTITIONS);
        }
        load.produce("warm-up", options.quick() ? 60_000 : 200_000, RECORD_BYTES, "none");
        throughput(trio, load, options, figures);
        latency(trio, options, figures);
        return Measured.of(figures);
    }

    private static void throughput(Trio trio, Load load, Options options, Map<Figure, Double> figures) {
        long records = options.quick() ? 150_000 : 600_000;
        double gib = records * RECORD_BYTES / BYTES_PER_GIB;
        double brokers = Trio.cpuSeconds(trio.pids());
        double helpers = Trio.cpuSeconds(trio.helperPids());
        figures.put(PRODUCE, load.produce("full-speed", records, RECORD_BYTES, "none"));
        double used = Trio.cpuSeconds(trio.pids()) - brokers;
        figures.put(CPU, used / gib);
        figures.put(ALL_CPU, (used + Trio.cpuSeconds(trio.helperPids()) - helpers) / gib);
    }

    private static void latency(Trio trio, Options options, Map<Figure, Double> figures) {
        int seconds = options.quick() ? 5 : 15;
        var result = Latency.measure(trio.bootstrapServers(), "steady", PARTITIONS, options.rate(), 5, seconds);
        figures.put(P50, result.ack().p50());
        figures.put(P99, result.ack().p99());
        figures.put(HELD, result.achieved());
    }
}
