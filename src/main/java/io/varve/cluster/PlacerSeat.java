package io.varve.cluster;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.varve.cluster.BrokerRegistration.Announcement;
import io.varve.cluster.BrokerRegistration.Phase;
import io.varve.metadata.Entry;
import io.varve.metadata.Lease;
import io.varve.metadata.MetadataException;
import io.varve.metadata.MetadataStore;
import io.varve.metadata.Txn;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Who places partitions: the broker whose name is at {@code placer/elected}, under that broker's lease. Who finds nobody there may take the seat, by
 * compare-and-swap; it is free again when the lease ends. Two that take themselves for the placer for a moment do no harm: each of their moves is a
 * compare-and-swap of its own. Beside it lies what a new placer has to know of the one before: since when which brokers are gone.
 *
 * <p>Every broker follows both in memory. Thread-safe.
 */
public final class PlacerSeat implements AutoCloseable {
    static final String PREFIX = "placer/";
    private static final String ELECTED = PREFIX + "elected";
    private static final String GONE = PREFIX + "gone";

    /** Who has the seat. */
    public record Elected(int broker, String incarnation, long sinceMillis) {}

    /** Brokers that partitions are assigned to and that are not there, and since when in milliseconds. */
    @JsonInclude
    record Gone(@Nullable Map<Integer, Long> brokers) {}

    private final MetadataStore store;
    private final BrokerRegistration registration;
    private final Mirror mirror;
    private volatile @Nullable Elected elected;
    private volatile Map<Integer, Long> gone = Map.of();

    /** Reads who has the seat and follows it from then on. Blocks. */
    public PlacerSeat(MetadataStore store, BrokerRegistration registration) {
        this.store = store;
        this.registration = registration;
        this.mirror = Mirror.start(store, PREFIX, new Image());
    }

    private final class Image implements Mirror.Image {
        @Override
        public void put(Entry entry) {
            switch (entry.key()) {
                case ELECTED -> elected = Json.read(entry, Elected.class);
                case GONE -> {
                    Map<Integer, Long> brokers = Json.read(entry, Gone.class).brokers();
                    gone = brokers == null ? Map.of() : Map.copyOf(brokers);
                }
                default -> {
                    // Of a newer version of Varve.
                }
            }
        }

        @Override
        public void remove(String key) {
            if (key.equals(ELECTED)) {
                elected = null;
            } else if (key.equals(GONE)) {
                gone = Map.of();
            }
        }
    }

    /** Who has the seat, as far as this broker has heard. */
    public Optional<Elected> elected() {
        return Optional.ofNullable(elected);
    }

    /** Since when brokers are gone that partitions are assigned to, in milliseconds by the clock of whoever was the placer. */
    public Map<Integer, Long> gone() {
        return gone;
    }

    /**
     * Whether this broker is the placer; takes the seat when it is free. Gives it up when this broker stops. Blocks.
     *
     * @throws MetadataException when the store does not answer
     */
    boolean take(long nowMillis) {
        Announcement self = registration.info();
        Elected now = elected;
        boolean isMine = now != null && now.incarnation().equals(self.incarnation());
        Lease lease = registration.held();
        if (self.phase() != Phase.SERVING || lease == null) {
            if (isMine) {
                leave();
            }
            return false;
        }
        return now == null ? claim(new Elected(self.id(), self.incarnation(), nowMillis), lease) : isMine;
    }

    private boolean claim(Elected wanted, Lease lease) {
        try {
            var result = store.commit(Txn.builder()
                    .require(ELECTED, Txn.ABSENT)
                    .put(ELECTED, Json.text(wanted), lease)
                    .build());
            if (result.applied()) {
                mirror.await(result.revision());
            }
            return result.applied();
        } catch (MetadataException e) {
            if (e.kind() == MetadataException.Kind.OUTCOME_UNKNOWN) {
                // The watch tells.
                return false;
            }
            throw e;
        }
    }

    private void leave() {
        Optional<Entry> entry = store.get(ELECTED)
                .filter(each -> Json.read(each, Elected.class)
                        .incarnation()
                        .equals(registration.info().incarnation()));
        if (entry.isPresent()) {
            var _ = store.commit(Txn.builder()
                    .require(ELECTED, entry.get().version())
                    .delete(ELECTED)
                    .build());
        }
    }

    /** Writes down since when which brokers are gone, when that has changed. Blocks. */
    void remember(Map<Integer, Long> brokers) {
        if (brokers.equals(gone)) {
            return;
        }
        var result = store.commit(Txn.builder()
                .put(GONE, Json.write(new Gone(new TreeMap<>(brokers))))
                .build());
        mirror.await(result.revision());
    }

    @Override
    public void close() {
        mirror.close();
    }
}
