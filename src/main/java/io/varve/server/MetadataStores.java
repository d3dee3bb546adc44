package io.varve.server;

import io.varve.config.ConfigLoader.Mode;
import io.varve.config.VarveConfig;
import io.varve.metadata.EmbeddedStore;
import io.varve.metadata.EtcdCompactor;
import io.varve.metadata.EtcdSettings;
import io.varve.metadata.EtcdStore;
import io.varve.metadata.MetadataException;
import io.varve.metadata.MetadataStore;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/** Opens the metadata store that the mode and the configuration ask for. */
final class MetadataStores {
    static final Duration COMPACTION = Duration.ofMinutes(5);

    private static final Logger LOG = Logger.getLogger(MetadataStores.class);
    private static final Duration RETRY = Duration.ofSeconds(1);

    private MetadataStores() {}

    /** Waits for etcd as long as it takes: a broker that comes up before it must not need a second start. */
    static MetadataStore open(Mode mode, VarveConfig config, Consumer<String> waitingFor) throws InterruptedException {
        if (mode == Mode.DEV) {
            return EmbeddedStore.open(config.data().dir().resolve("metadata"));
        }
        List<String> endpoints = config.etcd().endpoints().orElse(List.of()).stream()
                .map(URI::toString)
                .toList();
        EtcdSettings settings = new EtcdSettings(
                endpoints,
                config.etcd().prefix(),
                Duration.ofMillis(config.etcd().requestTimeoutMillis()));
        while (true) {
            try {
                return EtcdStore.connect(settings);
            } catch (MetadataException e) {
                if (e.kind() != MetadataException.Kind.UNAVAILABLE) {
                    throw e;
                }
                waitingFor.accept("etcd does not answer: " + e.getMessage());
                LOG.warnf("waiting for etcd. endpoints=%s cause=%s", endpoints, e.getMessage());
                Thread.sleep(RETRY);
            }
        }
    }

    /** The task that notices what the store itself complains about, where it can complain. */
    static Optional<Runnable> alarms(MetadataStore store) {
        return store instanceof EtcdStore etcd ? Optional.of(() -> checkAlarms(etcd)) : Optional.empty();
    }

    private static void checkAlarms(EtcdStore etcd) {
        try {
            etcd.checkAlarms();
        } catch (MetadataException e) {
            // Health has it from the store already.
            LOG.debugf("cannot ask etcd for alarms, will try again. cause=%s", e.getMessage());
        }
    }

    /** The task that keeps the store compacted, where it does not do that itself. */
    static Optional<Runnable> compaction(MetadataStore store) {
        return store instanceof EtcdStore etcd ? Optional.of(new EtcdCompactor(etcd)) : Optional.empty();
    }
}
