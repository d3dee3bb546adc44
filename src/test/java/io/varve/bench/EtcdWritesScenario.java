package io.varve.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a rate of records, and ten times that rate, writes to etcd: its revision before and after. Nothing on the produce
 * path writes there, so both are what the cluster writes anyway.
 */
final class EtcdWritesScenario implements Scenario {
    @Override
    public String name() {
        return "etcd-writes";
    }

    @Override
    public boolean isOfVarveAlone() {
        return true;
    }

    @Override
    public Measured run(Side side, Path folder, Options options) {
        try (var trio = new VarveTrio(folder)) {
            trio.launch();
            trio.awaitAll();
            int low = options.rate() / 10;
            double once = writes(trio, "quiet", low, options);
            double tenfold = writes(trio, "busy", options.rate(), options);
            Map<Figure, Double> figures = new LinkedHashMap<>();
            figures.put(Figure.lower("etcd writes at " + low + " records/s", "1/s", Double.NaN), once);
            figures.put(Figure.lower("etcd writes at " + options.rate() + " records/s", "1/s", Double.NaN), tenfold);
            figures.put(Figure.lower("etcd writes that ten times the rate adds", "1/s", 0.2), tenfold - once);
            return Measured.of(figures);
        }
    }

    /** Writes a second, from when the partition has its open segment on. */
    private static double writes(VarveTrio trio, String topic, int rate, Options options) {
        var time = Duration.ofSeconds(options.quick() ? 8 : 30);
        try (var topics = new Topics(trio.bootstrapServers())) {
            topics.create(topic, 1);
        }
        try (var load = new SteadyLoad(trio.bootstrapServers(), topic, 0, rate, 1024)) {
            load.awaitMore(rate);
            long revision = trio.etcdRevision();
            int records = load.acknowledged();
            Await.pause(time);
            double seconds = time.toMillis() / 1e3;
            double held = (load.acknowledged() - records) / seconds;
            if (held < 0.8 * rate) {
                throw new IllegalStateException("only " + (int) held + " of " + rate + " records a second were held");
            }
            return (trio.etcdRevision() - revision) / seconds;
        }
    }
}
