package io.varve.cluster;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.varve.metadata.Entry;
import io.varve.metadata.Lease;
import io.varve.metadata.MetadataException;
import io.varve.metadata.MetadataStore;
import io.varve.metadata.Txn;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import org.apache.kafka.common.utils.Time;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * This broker's place in the cluster: its key {@code brokers/<id>}, under its lease. When the lease is lost the broker registers again
 * with a new one. Thread-safe.
 */
public final class BrokerRegistration implements AutoCloseable {
    static final String PREFIX = "brokers/";
    private static final Logger LOG = Logger.getLogger(BrokerRegistration.class);
    private static final long RETRY_MILLIS = 200;

    /** What the lease of the incarnation before may outlast its time by: the store's own bounds and its looking at the clock. */
    private static final Duration SLACK = Duration.ofSeconds(3);

    /**
     * What others see of a broker.
     *
     * @param incarnation differs at every start
     * @param host and {@code port}: where clients reach it
     * @param httpPort where operators reach it on the same host, or null when nothing was said
     * @param version of Varve, or null when nothing was said
     * @param disk the id of its disk: copies of segments are on a broker's disk, not on a broker
     * @param internal where the other brokers reach it, or null when nothing was said: such a broker keeps no copies
     * @param state {@code starting} or {@code stopping}; null when it serves, and of a version of Varve that does not say
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Announcement(
            int id,
            String incarnation,
            String host,
            int port,
            @Nullable String rack,
            @Nullable Integer httpPort,
            @Nullable String version,
            @Nullable String disk,
            @Nullable InternalAddress internal,
            @Nullable String state) {

        /** An announcement of a broker that serves. */
        public Announcement(
                int id,
                String incarnation,
                String host,
                int port,
                @Nullable String rack,
                @Nullable Integer httpPort,
                @Nullable String version,
                @Nullable String disk,
                @Nullable InternalAddress internal) {
            this(id, incarnation, host, port, rack, httpPort, version, disk, internal, null);
        }

        /** An announcement of what clients need only. */
        public Announcement(int id, String incarnation, String host, int port, @Nullable String rack) {
            this(id, incarnation, host, port, rack, null, null, null, null, null);
        }

        /** Whether it can be chosen for what it does not have yet. */
        public Phase phase() {
            return Phase.of(state);
        }

        /** The same broker in another phase. */
        public Announcement in(Phase phase) {
            return new Announcement(id, incarnation, host, port, rack, httpPort, version, disk, internal, phase.word());
        }
    }

    /** How far a broker is in its life, the best choice for something new first. */
    public enum Phase {
        /** Its Kafka port is open. */
        SERVING,
        /** It is registered and its Kafka port is not open yet: it can go on with what is on its disk only. */
        STARTING,
        /** It gives everything away, and gets nothing new. */
        STOPPING;

        static Phase of(@Nullable String word) {
            for (Phase phase : values()) {
                if (phase.name().equalsIgnoreCase(word)) {
                    return phase;
                }
            }
            return SERVING;
        }

        @Nullable
        String word() {
            return this == SERVING ? null : name().toLowerCase(Locale.ROOT);
        }
    }

    private final MetadataStore store;
    private final Duration timeToLive;
    private final Time time;

    @GuardedBy("this")
    private @Nullable Lease lease;

    @GuardedBy("this")
    private boolean closed;

    private volatile Announcement info;
    private volatile @Nullable String problem;
    private volatile Runnable catchUp = () -> {};

    private BrokerRegistration(MetadataStore store, Announcement info, Duration timeToLive, Time time) {
        this.time = time;
        this.store = store;
        this.info = info;
        this.timeToLive = timeToLive;
    }

    /**
     * Registers the broker. After a crash the lease of the incarnation before may still be running out: waits for that, up to twice
     * {@code timeToLive} and a little.
     *
     * @throws ClusterException when a live broker has the same id
     * @throws MetadataException when the store does not answer
     */
    public static BrokerRegistration register(MetadataStore store, Announcement info, Duration timeToLive, Time time)
            throws InterruptedException {
        BrokerRegistration registration = new BrokerRegistration(store, info, timeToLive, time);
        Duration limit = timeToLive.multipliedBy(2).plus(SLACK);
        registration.install(registration.acquire(time.nanoseconds() + limit.toNanos()));
        LOG.infof(
                "broker registered. broker=%d incarnation=%s address=%s:%d",
                info.id(), info.incarnation(), info.host(), info.port());
        return registration;
    }

    private String key() {
        return PREFIX + info.id();
    }

    /** Puts the key under a new lease; waits while somebody else's is there or the store is away, until the deadline. */
    private Lease acquire(long deadlineNanos) throws InterruptedException {
        Lease fresh = store.grantLease(timeToLive);
        boolean acquired = false;
        try {
            String heldBy = "";
            while (true) {
                if (!fresh.isHeld()) {
                    fresh.close();
                    fresh = store.grantLease(timeToLive);
                }
                boolean isLate = time.nanoseconds() - deadlineNanos > 0;
                try {
                    Optional<Announcement> other = claim(fresh);
                    if (other.isEmpty()) {
                        acquired = true;
                        return fresh;
                    }
                    if (isLate) {
                        throw new ClusterException(taken(other.get()));
                    }
                    heldBy = tellOnce(heldBy, other.get().incarnation());
                } catch (MetadataException e) {
                    // Whatever became of it: the next look tells.
                    if (isLate || !isPassing(e)) {
                        throw e;
                    }
                }
                pause();
            }
        } finally {
            if (!acquired) {
                fresh.close();
            }
        }
    }

    private static boolean isPassing(MetadataException e) {
        return e.kind() == MetadataException.Kind.UNAVAILABLE || e.kind() == MetadataException.Kind.OUTCOME_UNKNOWN;
    }

    private String tellOnce(String told, String incarnation) {
        if (!told.equals(incarnation)) {
            LOG.infof(
                    "waiting for the registration of an earlier incarnation to run out. broker=%d incarnation=%s",
                    info.id(), incarnation);
        }
        return incarnation;
    }

    private String taken(Announcement other) {
        return "broker id " + info.id() + " is in use by a live broker at " + other.host() + ":" + other.port()
                + ": give this broker another varve.broker.id, or stop that one";
    }

    /** Tries to put the key under {@code fresh}; empty when that is done, else who is there. */
    private Optional<Announcement> claim(Lease fresh) {
        Announcement said = info;
        Optional<Entry> present = store.get(key());
        Optional<Announcement> other = present.map(entry -> Json.read(entry, Announcement.class))
                .filter(found -> !said.incarnation().equals(found.incarnation()));
        if (other.isPresent()) {
            return other;
        }
        Txn txn = Txn.builder()
                .require(key(), present.map(Entry::version).orElse(Txn.ABSENT))
                .put(key(), Json.text(said), fresh)
                .build();
        if (store.commit(txn).applied()) {
            return Optional.empty();
        }
        return store.get(key())
                .map(entry -> Json.read(entry, Announcement.class))
                .or(() -> Optional.of(said));
    }

    private void install(Lease fresh) {
        synchronized (this) {
            if (!closed) {
                lease = fresh;
                problem = null;
            }
        }
        if (isClosed()) {
            fresh.close();
            return;
        }
        fresh.onLost(this::registerAgain);
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    private void registerAgain() {
        problem = "the lease of this broker in the metadata store was lost: it is registering again";
        try {
            while (!isClosed() && !isRegisteredAgain()) {
                pause();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isRegisteredAgain() throws InterruptedException {
        try {
            Lease fresh = acquire(time.nanoseconds() + timeToLive.toNanos());
            if (!isUpToDate(fresh)) {
                return false;
            }
            install(fresh);
            LOG.infof("registered again under a new lease. broker=%d", info.id());
            return true;
        } catch (ClusterException e) {
            problem = e.getMessage();
            LOG.errorf("cannot register again. broker=%d cause=%s", info.id(), e.getMessage());
        } catch (MetadataException e) {
            LOG.debugf("cannot register again yet. cause=%s", e.getMessage());
        }
        return false;
    }

    private boolean isUpToDate(Lease fresh) {
        try {
            catchUp.run();
            return true;
        } catch (MetadataException e) {
            fresh.close();
            LOG.debugf("cannot read what has changed since the lease was lost. cause=%s", e.getMessage());
            return false;
        }
    }

    /**
     * Runs {@code read} whenever this broker has been without a lease and has a new one, before that counts: others may have taken over what is its
     * own by what it knows (rule 4). It may block and throw what the store throws.
     */
    public void beforeHeldAgain(Runnable read) {
        catchUp = read;
    }

    private void pause() throws InterruptedException {
        time.sleep(RETRY_MILLIS);
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
    }

    /**
     * Takes the registration of a broker away of which is known that its process is gone, so that nobody waits for its lease.
     *
     * @param dead what it said of itself; another incarnation's registration stays
     * @return whether it was there
     * @throws MetadataException when the store does not answer
     */
    public static boolean remove(MetadataStore store, Announcement dead) {
        String key = PREFIX + dead.id();
        Optional<Entry> present = store.get(key)
                .filter(entry ->
                        Json.read(entry, Announcement.class).incarnation().equals(dead.incarnation()));
        return present.isPresent()
                && store.commit(Txn.builder()
                                .require(key, present.get().version())
                                .delete(key)
                                .build())
                        .applied();
    }

    /** Others took this broker for dead: it is not, and takes its place again. Blocks until it has it. */
    void reassert() {
        Lease held;
        synchronized (this) {
            held = lease;
            if (closed || held == null || !held.isHeld()) {
                // A lease that is lost is seen to by itself.
                return;
            }
            // From this moment on nothing is served that the lease vouches for (rule 4).
            lease = null;
            problem = "another broker took this one for dead and removed its registration: it is registering again";
        }
        LOG.warnf("registration was removed by another broker, registering again. broker=%d", info.id());
        held.close();
        registerAgain();
    }

    /**
     * Tells the others how far this broker is. Blocks, and tries until they know or this broker gives its place up: a lease that is lost meanwhile, or
     * not confirmed, is waited for. A broker that stops cannot say any more that it does something else.
     */
    public void announce(Phase phase) throws InterruptedException {
        synchronized (this) {
            if (info.phase() == Phase.STOPPING) {
                return;
            }
            info = info.in(phase);
        }
        while (!isClosed() && !isKnown()) {
            pause();
        }
    }

    /** Writes what this broker says by now, which is the same for all threads that do: the last one to write has it right. */
    private boolean isKnown() {
        Announcement said = info;
        Lease held = held();
        try {
            if (held == null || !say(said, held) || !said.equals(info)) {
                return false;
            }
            LOG.infof("broker is %s. broker=%d", said.phase().name().toLowerCase(Locale.ROOT), said.id());
            return true;
        } catch (MetadataException e) {
            // A store that is full has space again one day.
            if (!isPassing(e) && e.kind() != MetadataException.Kind.NO_SPACE) {
                throw e;
            }
            LOG.debugf("cannot say yet that the broker is %s. cause=%s", said.phase(), e.getMessage());
            return false;
        }
    }

    private boolean say(Announcement said, Lease held) {
        Optional<Entry> own = store.get(key())
                .filter(entry ->
                        Json.read(entry, Announcement.class).incarnation().equals(said.incarnation()));
        return own.isPresent()
                && store.commit(Txn.builder()
                                .require(key(), own.get().version())
                                .put(key(), Json.text(said), held)
                                .build())
                        .applied();
    }

    /** The lease that this broker's keys hang on, while it certainly holds. */
    @Nullable
    Lease held() {
        Lease now;
        synchronized (this) {
            now = closed ? null : lease;
        }
        return now != null && now.isHeld() ? now : null;
    }

    /** Whether the lease is certainly held: what nothing else confirms may be served only then (rule 4). */
    public boolean isHeld() {
        return held() != null;
    }

    /** What is wrong with this broker's place in one sentence, or empty when it is certainly held. From memory. */
    public Optional<String> problem() {
        if (isHeld()) {
            return Optional.empty();
        }
        String known = problem;
        return Optional.of(known != null ? known : "the lease of this broker in the metadata store is not confirmed");
    }

    public Announcement info() {
        return info;
    }

    /** Gives the place up at once. */
    @Override
    public void close() {
        Lease held;
        synchronized (this) {
            closed = true;
            held = lease;
            lease = null;
        }
        if (held != null) {
            held.close();
        }
    }
}
