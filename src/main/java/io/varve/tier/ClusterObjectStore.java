package io.varve.tier;

import io.micrometer.core.instrument.MeterRegistry;
import io.varve.cluster.ClusterException;
import io.varve.observe.Metric;
import io.varve.tier.ObjectStoreException.Kind;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.apache.kafka.common.utils.Time;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The object store of one cluster: creates and deletes nothing before it is certain that the bucket prefix is this cluster's, and looks
 * from time to time whether it still is, whether the store answers, and how far this machine's clock is from the store's. Reads are
 * let through: names are unique, so what a record names is its own. Thread-safe.
 *
 * <p>A store that is away when a broker starts does not keep it from starting: the mark is then looked at before the first write.
 */
public final class ClusterObjectStore implements ObjectStore {
    /** How far clocks may differ before it is said: far more than NTP leaves, far less than any grace period. */
    static final Duration SKEW_LIMIT = Duration.ofSeconds(30);

    /** A date in HTTP has whole seconds: the store's clock is half of one later on average. */
    private static final long HALF_SECOND_MILLIS = 500;

    private static final Logger LOG = Logger.getLogger(ClusterObjectStore.class);

    private final ObjectStore store;
    private final String clusterId;
    private final Time time;
    private final OffloadHealth looks;
    private volatile boolean ours;

    /** Words about whose it is when it is not ours. */
    private volatile @Nullable String foreign;

    /** Words about why the store refuses to be looked at, a bucket that is gone for example. */
    private volatile @Nullable String refused;

    /** Set once the mark of before is found gone: until a restart, since nothing brings back what was in the bucket. */
    private volatile @Nullable String replaced;

    private volatile boolean wasOurs;
    private volatile @Nullable Long aheadMillis;

    /** @param store stays the caller's to close */
    public ClusterObjectStore(ObjectStore store, String clusterId, Time time, MeterRegistry meters) {
        this.store = store;
        this.clusterId = clusterId;
        this.time = time;
        this.looks = new OffloadHealth(
                "Looks at the object store",
                OffloadSettings.defaults(Sweeper.DEFAULT_GRACE).problemAfter(),
                time);
        Metric.CLOCK_SKEW.gauge(meters, () -> {
            Long ahead = aheadMillis;
            return ahead == null ? Double.NaN : ahead / 1e3;
        });
    }

    /**
     * Marks the prefix for this cluster if nobody has, and makes sure that it is this cluster's. A store that does not answer is asked
     * again later.
     *
     * @throws ClusterException when it is another cluster's
     * @throws ObjectStoreException when the store refuses
     */
    public void claim() {
        try {
            look();
        } catch (ObjectStoreException e) {
            if (e.kind() != Kind.UNAVAILABLE && e.kind() != Kind.OUTCOME_UNKNOWN) {
                throw e;
            }
            looks.failed(e);
            LOG.warnf(
                    "it is not known yet whether the object store is this cluster's: nothing is written to it until it"
                            + " answers. cause=%s",
                    e.getMessage());
        }
        String others = foreign;
        if (others != null) {
            throw new ClusterException(others);
        }
    }

    /** Looks again. Never throws for what the store does; call it every few seconds. */
    public void check() {
        try {
            look();
            looks.succeeded();
        } catch (ObjectStoreException e) {
            if (e.kind() == Kind.REFUSED) {
                refused = e.getMessage();
                // A bucket that comes back is not the same one for sure.
                ours = false;
            }
            looks.failed(e);
        }
    }

    /** Whether the prefix is certainly this cluster's now. Asks the store, throws when it does not answer. */
    public boolean holds() {
        return ClusterMark.read(store).filter(clusterId::equals).isPresent();
    }

    /** What is wrong with the store, for health checks. */
    public Optional<String> problem() {
        return Optional.ofNullable(foreign)
                .or(() -> Optional.ofNullable(refused))
                .or(looks::problem);
    }

    /** What an operator should know and no client suffers from now. */
    public Optional<String> warning() {
        return Optional.ofNullable(replaced);
    }

    /** How far this machine's clock and the store's are apart, when that is too far. */
    public Optional<String> clockWarning() {
        Long ahead = aheadMillis;
        if (ahead == null || Math.abs(ahead) <= SKEW_LIMIT.toMillis()) {
            return Optional.empty();
        }
        return Optional.of("the clock of this machine is " + Math.abs(ahead) / 1000 + " s "
                + (ahead > 0 ? "ahead of" : "behind") + " the object store's: set up NTP. Nothing acknowledged is in"
                + " danger, but retention and offsets by time go wrong by as much");
    }

    private synchronized void look() {
        long before = time.milliseconds();
        Optional<String> marked = ClusterMark.read(store);
        noteClock(before, time.milliseconds());
        refused = null;
        if (marked.isEmpty()) {
            ours = false;
            if (wasOurs) {
                LOG.errorf(
                        "the object store has lost its mark: it was emptied or replaced. Records that were offloaded before"
                                + " may be gone; what is on the disks of brokers is uploaded to it. mark=%s cluster=%s",
                        ClusterMark.KEY, clusterId);
                replaced = "the object store was emptied or replaced while this broker was running: records that were"
                        + " offloaded before may be gone. Bring the bucket back from its backup if there is one";
            }
        }
        String owner = marked.isPresent() ? marked.get() : ClusterMark.create(store, clusterId);
        if (owner.equals(clusterId)) {
            if (marked.isEmpty()) {
                LOG.infof(
                        "the object store is marked for this cluster now. mark=%s cluster=%s",
                        ClusterMark.KEY, clusterId);
            }
            foreign = null;
            wasOurs = true;
            ours = true;
        } else {
            ours = false;
            foreign = "the object store holds cluster " + owner + ", and this broker is of cluster " + clusterId
                    + ": use another bucket or prefix in varve.object-store.url for another cluster";
        }
    }

    private void noteClock(long before, long after) {
        OptionalLong theirs = store.clockMillis();
        if (theirs.isPresent()) {
            aheadMillis = before + (after - before) / 2 - (theirs.getAsLong() + HALF_SECOND_MILLIS);
        }
    }

    private void requireOurs() {
        if (!ours) {
            look();
        }
        String others = foreign;
        if (others != null) {
            throw new ObjectStoreException(Kind.REFUSED, others, null);
        }
    }

    @Override
    public void create(String key, ObjectContent content) {
        requireOurs();
        store.create(key, content);
    }

    @Override
    public void delete(String key) {
        requireOurs();
        store.delete(key);
    }

    @Override
    public ByteBuffer read(String key, long position, int length) {
        return store.read(key, position, length);
    }

    @Override
    public long length(String key) {
        return store.length(key);
    }

    @Override
    public void list(String prefix, Consumer<List<StoredObject>> visitor) {
        store.list(prefix, visitor);
    }

    @Override
    public OptionalLong clockMillis() {
        return store.clockMillis();
    }

    @Override
    public void close() {
        // The store is its opener's to close.
    }
}
