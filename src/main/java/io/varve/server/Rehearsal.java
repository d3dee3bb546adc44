package io.varve.server;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.varve.metadata.EtcdRehearsal;
import io.varve.metadata.EtcdSettings;
import io.varve.tier.ClusterObjectStore;
import io.varve.tier.ObjectStore;
import io.varve.tier.ObjectStoreException;
import io.varve.tier.ObjectStores;
import io.varve.tier.S3Settings;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.common.utils.Time;

/**
 * Uses the clients of etcd and S3 once, while the launcher makes its AOT cache: the cache is made from a run of {@code dev}, which
 * needs neither, and a broker spends half of its start on loading them otherwise. Both are pointed at this process's own HTTP port.
 * It turns everything down, which takes the clients through as good as all the code that a start needs.
 */
final class Rehearsal {
    private static final Duration LIMIT = Duration.ofSeconds(2);

    private Rehearsal() {}

    /** @param http any HTTP server; blocks for a few seconds at most and never fails */
    static void run(URI http) {
        EtcdRehearsal.run(new EtcdSettings(List.of(http.toString()), "/rehearsal", LIMIT));
        // The first place where the SDK's default chain looks: it is rehearsed too, and does not go on to ask the
        // network.
        System.setProperty("aws.accessKeyId", "rehearsal");
        System.setProperty("aws.secretAccessKey", "rehearsal");
        S3Settings settings =
                S3Settings.defaults("us-east-1").compatible(http, null).timeouts(LIMIT, LIMIT);
        ObjectStore store = ObjectStores.open(URI.create("s3://rehearsal/none"), settings);
        try {
            attempt(() -> ObjectStores.check(store));
            attempt(new ClusterObjectStore(store, "rehearsal", Time.SYSTEM, new SimpleMeterRegistry())::claim);
        } finally {
            store.close();
        }
    }

    private static void attempt(Runnable request) {
        try {
            request.run();
        } catch (ObjectStoreException turnedDown) {
            // As meant.
        }
    }
}
