package io.varve.server;

import io.varve.cluster.ClusterException;
import io.varve.config.ConfigLoader.Mode;
import io.varve.config.VarveConfig;
import io.varve.metadata.MetadataException;
import io.varve.metadata.MetadataStore;
import io.varve.tier.ObjectStore;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The two stores that a broker stands on. They are opened side by side, from before the container is up: their clients take a good
 * part of a start. Thread-safe.
 */
public final class Stores implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(Stores.class);

    private final FutureTask<MetadataStore> metadata;
    private final FutureTask<ObjectStore> objects;
    private volatile String waitingFor = "the metadata store";
    private volatile @Nullable Consumer<String> listener;

    private Stores(Mode mode, VarveConfig config) {
        metadata = start("open-metadata", () -> MetadataStores.open(mode, config, this::say));
        objects = start("open-objects", () -> ObjectTier.open(config.objectStore()));
    }

    /** Begins to open both; does not wait for them. */
    static Stores open(Mode mode, VarveConfig config) {
        return new Stores(mode, config);
    }

    private static <T> FutureTask<T> start(String name, Callable<T> opening) {
        FutureTask<T> task = new FutureTask<>(opening);
        Thread.ofVirtual().name(name).start(task);
        return task;
    }

    private void say(String words) {
        waitingFor = words;
        Consumer<String> current = listener;
        if (current != null) {
            current.accept(words);
        }
    }

    /**
     * The metadata store, once it is there.
     *
     * @param heard hears what is waited for
     * @throws MetadataException when it refuses to work for this broker
     */
    MetadataStore metadata(Consumer<String> heard) throws StartupException, InterruptedException {
        listener = heard;
        heard.accept(waitingFor);
        return result(metadata);
    }

    /** @throws StartupException when the store refuses this broker; one that is only away is no failure */
    ObjectStore objects() throws StartupException, InterruptedException {
        return result(objects);
    }

    private static <T> T result(FutureTask<T> task) throws StartupException, InterruptedException {
        try {
            return task.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case StartupException refused -> throw refused;
                case MetadataException refused -> throw refused;
                case ClusterException refused -> throw refused;
                case null, default -> throw new IllegalStateException("a store cannot be opened", e.getCause());
            }
        } catch (CancellationException e) {
            throw new InterruptedException("the broker is stopping");
        }
    }

    /** Gives up what is still being opened, and closes what was. */
    @Override
    public void close() {
        close(objects);
        close(metadata);
    }

    private static void close(FutureTask<? extends AutoCloseable> task) {
        task.cancel(true);
        if (task.state() != FutureTask.State.SUCCESS) {
            return;
        }
        try {
            task.resultNow().close();
        } catch (Exception e) {
            LOG.warnf(e, "a store did not close cleanly");
        }
    }
}
