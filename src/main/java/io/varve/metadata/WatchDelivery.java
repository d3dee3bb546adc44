package io.varve.metadata;

import java.util.List;
import org.jboss.logging.Logger;

/** Calls a listener so that its mistakes end neither the watch nor the thread that serves other watches too. */
final class WatchDelivery {
    private static final Logger LOG = Logger.getLogger(WatchDelivery.class);

    private final String prefix;
    private final WatchListener listener;

    WatchDelivery(String prefix, WatchListener listener) {
        this.prefix = prefix;
        this.listener = listener;
    }

    void events(List<WatchListener.Event> events) {
        try {
            listener.onEvents(List.copyOf(events));
        } catch (RuntimeException e) {
            LOG.errorf(
                    e,
                    "a listener failed on changes in the metadata store, which it will not see again. prefix=%s first_key=%s changes=%d",
                    prefix,
                    events.getFirst().key(),
                    events.size());
        }
    }

    void lost(String why) {
        try {
            listener.onLost(new MetadataException(
                    MetadataException.Kind.COMPACTED, "a watch has lost its place: " + why, null));
        } catch (RuntimeException e) {
            LOG.errorf(e, "a listener failed when its watch was lost. prefix=%s", prefix);
        }
    }
}
