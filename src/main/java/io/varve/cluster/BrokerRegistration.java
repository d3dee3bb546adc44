package io.varve.cluster;

import io.varve.metadata.Entry;
import io.varve.metadata.Lease;
import io.varve.metadata.MetadataException;
import io.varve.metadata.MetadataStore;
import io.varve.metadata.Txn;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * This broker's place in the cluster: its key {@code brokers/<id>}, under its lease. When the lease is lost the broker registers again
 * with a new one. Thread-safe.
 */
public final class BrokerRegistration implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(BrokerRegistration.class);
    private static final String PREFIX = "brokers/";
    private static final Duration RETRY = Duration.ofMillis(200);

    /**
     * What others see of a broker.
     *
     * @param incarnation differs at every start
     * @param host and {@code port}: where clients reach it
     */
    public record Announcement(
            int id,
            String incarnation,
            String host,
            int port,
            @Nullable String rack) {}

    private final MetadataStore store;
    private final Announcement info;
    private final Duration timeToLive;
    private volatile @Nullable Lease lease;
    private volatile boolean closed;

    private BrokerRegistration(MetadataStore store, Announcement info, Duration timeToLive) {
        this.store = store;
        this.info = info;
        this.timeToLive = timeToLive;
    }

    /**
     * Registers the broker. After a crash the lease of the one before may still be running out: waits for it, but not longer.
     *
     * @throws ClusterException when a live broker has the same id
     */
    public static BrokerRegistration register(MetadataStore store, Announcement info, Duration timeToLive)
            throws InterruptedException {
        BrokerRegistration registration = new BrokerRegistration(store, info, timeToLive);
        long deadline = System.nanoTime() + timeToLive.toNanos() * 2;
        while (!registration.tryRegister()) {
            if (System.nanoTime() - deadline > 0) {
                throw new ClusterException("broker id " + info.id() + " is in use by a live broker: "
                        + registration.holder().map(Entry::text).orElse("?")
                        + ". Give this broker another varve.broker.id");
            }
            Thread.sleep(RETRY);
        }
        return registration;
    }

    private String key() {
        return PREFIX + info.id();
    }

    private Optional<Entry> holder() {
        return store.get(key());
    }

    private boolean tryRegister() {
        Lease fresh = store.grantLease(timeToLive);
        String json = new String(Json.write(info), StandardCharsets.UTF_8);
        boolean mine;
        try {
            mine = store.commit(Txn.builder()
                            .require(key(), Txn.ABSENT)
                            .put(key(), json, fresh)
                            .build())
                    .applied();
        } catch (MetadataException e) {
            fresh.close();
            throw e;
        }
        if (!mine) {
            fresh.close();
            return false;
        }
        lease = fresh;
        fresh.onLost(this::registerAgain);
        return true;
    }

    private void registerAgain() {
        while (!closed) {
            try {
                if (tryRegister()) {
                    LOG.infof("registered again under a new lease. broker=%d", info.id());
                    return;
                }
            } catch (MetadataException e) {
                LOG.debugf("cannot register again yet. cause=%s", e.getMessage());
            }
            try {
                Thread.sleep(RETRY);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    /** Whether the lease is certainly held: what nothing else confirms may be served only then (rule 4). */
    public boolean isHeld() {
        Lease held = lease;
        return held != null && held.isHeld();
    }

    public Announcement info() {
        return info;
    }

    /** Gives the place up at once. */
    @Override
    public void close() {
        closed = true;
        Lease held = lease;
        if (held != null) {
            held.close();
        }
    }
}
