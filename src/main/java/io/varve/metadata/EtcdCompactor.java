package io.varve.metadata;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;

/**
 * Keeps etcd compacted: each run forgets what was history {@code retention} ago already. So a watch has that long to take up a lost
 * place. Several brokers may do this at once, and each keeps to its own retention; whatever else uses the same etcd loses its history
 * too. Run it periodically, one run at a time; blocks.
 */
public final class EtcdCompactor implements Runnable {
    private static final Logger LOG = Logger.getLogger(EtcdCompactor.class);
    private static final Duration DEFAULT_RETENTION = Duration.ofMinutes(5);

    /** Revisions remembered: with more frequent runs than this allows, history is kept longer than asked for. */
    private static final int MAX_SEEN = 1_000;

    private record Seen(long atNanos, long revision) {}

    private final EtcdMaintenance maintenance;
    private final long retentionNanos;
    private final LongSupplier nanoTime;
    private final ArrayDeque<Seen> seen = new ArrayDeque<>();

    public EtcdCompactor(EtcdStore store) {
        this(store, DEFAULT_RETENTION, System::nanoTime);
    }

    /**
     * @param retention how much history is kept at least
     * @param nanoTime a monotonic clock
     */
    public EtcdCompactor(EtcdStore store, Duration retention, LongSupplier nanoTime) {
        this.maintenance = store.maintenance();
        this.retentionNanos = retention.toNanos();
        this.nanoTime = nanoTime;
    }

    @Override
    public void run() {
        try {
            maintenance.checkAlarms();
            long now = nanoTime.getAsLong();
            long revision = maintenance.revision();
            long old = 0;
            while (!seen.isEmpty() && now - seen.peek().atNanos() >= retentionNanos) {
                old = seen.remove().revision();
            }
            if (seen.size() < MAX_SEEN) {
                seen.add(new Seen(now, revision));
            }
            if (old > 0) {
                maintenance.compact(old);
                LOG.debugf("compacted etcd. revision=%d current=%d", old, revision);
            }
        } catch (MetadataException e) {
            LOG.warnf("could not compact etcd, will try again. cause=%s", e.getMessage());
        }
    }
}
