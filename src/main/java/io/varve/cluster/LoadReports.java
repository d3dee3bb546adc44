package io.varve.cluster;

import io.varve.metadata.Entry;
import io.varve.metadata.Lease;
import io.varve.metadata.MetadataStore;
import io.varve.metadata.Txn;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * How much each broker's partitions take in, as it says itself: one small key a broker, {@code loads/<id>} under its lease, with its busiest
 * {@value #MAX_PARTITIONS} partitions. Written as often as {@link #publish} is called and something has changed, however much is produced. Every
 * broker follows all of them in memory. Thread-safe.
 */
public final class LoadReports implements AutoCloseable {
    private static final String PREFIX = "loads/";
    static final int MAX_PARTITIONS = 100;

    /** Bytes a second: partitions with less are not worth a word. */
    static final long LEAST = 16 << 10;

    /** @param partitions bytes a second by {@code <topic id>/<partition>} */
    record Report(@Nullable Map<String, Long> partitions) {}

    private final MetadataStore store;
    private final BrokerRegistration registration;
    private final Map<String, Map<PartitionId, Long>> byBroker = new ConcurrentHashMap<>();
    private final Mirror mirror;
    private Map<String, Long> published = Map.of();

    /** Reads all reports and follows them from then on. Blocks. */
    public LoadReports(MetadataStore store, BrokerRegistration registration) {
        this.store = store;
        this.registration = registration;
        this.mirror = Mirror.start(store, PREFIX, new Image());
    }

    private final class Image implements Mirror.Image {
        @Override
        public void put(Entry entry) {
            Map<String, Long> partitions = Json.read(entry, Report.class).partitions();
            Map<PartitionId, Long> known = new HashMap<>();
            if (partitions != null) {
                partitions.forEach((name, bytes) -> known.put(id(entry, name), bytes));
            }
            byBroker.put(entry.key(), Map.copyOf(known));
        }

        @Override
        public void remove(String key) {
            byBroker.remove(key);
        }
    }

    private static PartitionId id(Entry entry, String name) {
        int slash = name.indexOf('/');
        try {
            return new PartitionId(
                    Uuid.fromString(name.substring(0, Math.max(0, slash))),
                    Integer.parseInt(name.substring(slash + 1)));
        } catch (IllegalArgumentException e) {
            throw new ClusterException("key " + entry.key() + " in the metadata store names no partition: " + name);
        }
    }

    /** Bytes a second that partitions take in; those that are not named take in little. */
    public Map<PartitionId, Long> bytesPerSecond() {
        Map<PartitionId, Long> all = new HashMap<>();
        byBroker.values().forEach(report -> report.forEach((id, bytes) -> all.merge(id, bytes, Math::max)));
        return all;
    }

    /**
     * Says what this broker's partitions take in. Blocks.
     *
     * @param bytesPerSecond of all of them
     */
    public void publish(Map<PartitionId, Long> bytesPerSecond) {
        Map<String, Long> busiest = new TreeMap<>();
        bytesPerSecond.entrySet().stream()
                .filter(entry -> entry.getValue() >= LEAST)
                .sorted(Map.Entry.<PartitionId, Long>comparingByValue().reversed())
                .limit(MAX_PARTITIONS)
                .forEach(entry -> busiest.put(
                        entry.getKey().topicId() + "/" + entry.getKey().partition(), entry.getValue()));
        Lease lease = registration.held();
        if (lease == null || (busiest.isEmpty() && published.isEmpty())) {
            return;
        }
        String key = PREFIX + registration.info().id();
        var _ = store.commit(
                Txn.builder().put(key, Json.text(new Report(busiest)), lease).build());
        published = busiest;
    }

    @Override
    public void close() {
        mirror.close();
    }
}
