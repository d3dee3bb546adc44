package io.varve.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * How many requests that write the S3 server gets for a GiB of records in a thousand partitions, whose segments are small and sealed by time: it
 * counts them itself.
 */
final class PutsScenario implements Scenario {
    private static final double BYTES_PER_GIB = 1 << 30;
    private static final int RECORD_BYTES = 1024;
    private static final int PARTITIONS = 1_000;
    /** MinIO's figures may be ten seconds old. */
    private static final Duration FIGURES_AGE = Duration.ofSeconds(11);

    private static final String TOPIC = "puts";
    private static final Figure PUTS =
            Figure.lower("PUTs for a GiB in " + PARTITIONS + " partitions, 3 brokers", "1/GiB", 16);

    @Override
    public String name() {
        return "puts";
    }

    @Override
    public boolean isOfVarveAlone() {
        return true;
    }

    @Override
    public Measured run(Side side, Path folder, Options options) {
        long records = options.quick() ? 400_000 : 2_000_000;
        try (var trio = new VarveTrio(folder)) {
            trio.launch();
            trio.awaitAll();
            try (var topics = new Topics(trio.bootstrapServers())) {
                topics.create(TOPIC, PARTITIONS, Map.of("min.insync.replicas", "2", "segment.ms", "20000"));
            }
            double before = trio.putRequests();
            new Load(trio.bootstrapServers(), options.producerProperties())
                    .produce(TOPIC, records, RECORD_BYTES, "none", PartitionsScenario.ROUND_ROBIN);
            Await.until(
                    "everything is in the bucket",
                    Duration.ofMinutes(5),
                    () -> trio.metric("varve_tier_upload_bytes_total") >= records * (double) RECORD_BYTES
                            && trio.metric("varve_tier_waiting_segments") == 0);
            Await.pause(FIGURES_AGE);
            double gib = trio.metric("varve_tier_upload_bytes_total") / BYTES_PER_GIB;
            return Measured.of(Map.of(PUTS, (trio.putRequests() - before) / gib));
        }
    }
}
