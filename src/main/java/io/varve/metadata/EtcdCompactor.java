package io.varve.metadata;

import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Keeps etcd compacted: each run forgets the history before what was current at the run before. So watches have at least one interval
 * to take up a lost place. Several brokers may do this at once. Call it periodically from one thread; blocks.
 */
public final class EtcdCompactor implements Runnable {
    private static final Logger LOG = Logger.getLogger(EtcdCompactor.class);

    private final EtcdStore store;
    private Optional<Long> before = Optional.empty();

    public EtcdCompactor(EtcdStore store) {
        this.store = store;
    }

    @Override
    public void run() {
        try {
            long now = store.revision();
            before.filter(revision -> revision < now).ifPresent(store::compact);
            before = Optional.of(now);
            store.checkAlarms();
        } catch (MetadataException e) {
            LOG.warnf("could not compact etcd, will try again. cause=%s", e.getMessage());
        }
    }
}
