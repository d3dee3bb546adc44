package io.varve.replica;

import io.varve.cluster.BrokerRegistration;
import io.varve.cluster.BrokerRegistration.Announcement;
import io.varve.cluster.InternalAddress;
import io.varve.cluster.LiveBrokers;
import io.varve.metadata.MetadataException;
import io.varve.metadata.MetadataStore;
import java.util.Optional;
import org.apache.kafka.common.utils.Time;
import org.jboss.logging.Logger;

/**
 * Finds out whether a broker whose connection has ended is dead, so that its partitions need not wait for its lease: its own host must say that
 * nobody takes connections at its internal address any more (design section 5: noticed at once, confirmed by contact). A broker that hangs, or
 * whose host is gone or cut off, is not dead by that, and its lease decides. Thread-safe.
 */
public final class DeathCheck {
    private static final Logger LOG = Logger.getLogger(DeathCheck.class);

    /** A dying process lets go of its connections before or after its port. */
    private static final long[] WAITS_MILLIS = {0, 20, 50, 100, 250, 500};

    private static final int CONTACT_MILLIS = 500;

    private final MetadataStore store;
    private final LiveBrokers brokers;
    private final Network network;
    private final Time time;

    public DeathCheck(MetadataStore store, LiveBrokers brokers, Network network, Time time) {
        this.store = store;
        this.brokers = brokers;
        this.network = network;
        this.time = time;
    }

    /** Looks after a broker whose connection has ended. Blocks up to a few seconds. */
    public void onGone(int broker, String incarnation) {
        for (long wait : WAITS_MILLIS) {
            time.sleep(wait);
            Optional<Announcement> registered =
                    brokers.find(broker).filter(found -> found.incarnation().equals(incarnation));
            if (registered.isEmpty()) {
                return;
            }
            InternalAddress address = registered.get().internal();
            if (address == null) {
                return;
            }
            if (network.isDeserted(address, CONTACT_MILLIS)) {
                remove(registered.get());
                return;
            }
        }
    }

    private void remove(Announcement dead) {
        try {
            if (BrokerRegistration.remove(store, dead)) {
                LOG.warnf(
                        "a broker is dead: its connection has ended and nobody answers at its address. broker=%d incarnation=%s "
                                + "address=%s",
                        dead.id(), dead.incarnation(), dead.internal());
            }
        } catch (MetadataException e) {
            LOG.infof("a broker is dead, its lease has to run out. broker=%d cause=%s", dead.id(), e.getMessage());
        }
    }
}
