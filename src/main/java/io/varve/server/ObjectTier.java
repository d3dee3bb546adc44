package io.varve.server;

import io.micrometer.core.instrument.MeterRegistry;
import io.varve.cluster.PartitionRecords;
import io.varve.config.VarveConfig;
import io.varve.tier.CacheSettings;
import io.varve.tier.CachedRemoteSegments;
import io.varve.tier.ClusterObjectStore;
import io.varve.tier.ManifestPages;
import io.varve.tier.ObjectNames;
import io.varve.tier.ObjectStore;
import io.varve.tier.ObjectStoreException;
import io.varve.tier.ObjectStores;
import io.varve.tier.OffloadSettings;
import io.varve.tier.Offloader;
import io.varve.tier.S3Settings;
import io.varve.tier.Sweeper;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.ThreadFactory;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.utils.Time;
import org.jboss.logging.Logger;

/** The object store with everything that works on it, put together from the configuration. */
final class ObjectTier implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(ObjectTier.class);

    final ClusterObjectStore store;
    final CachedRemoteSegments segments;
    final Offloader offloader;
    final ManifestPages pages;
    private final ObjectNames names;
    private final Duration grace;

    /** @param store stays the caller's to close */
    ObjectTier(ClusterObjectStore store, VarveConfig config, Time time, MeterRegistry meters) throws StartupException {
        this.store = store;
        VarveConfig.Tier tier = config.tier();
        grace = Duration.ofMillis(tier.sweeperGraceMillis());
        OffloadSettings offload = OffloadSettings.defaults(grace)
                .withTargetBytes(tier.offloadTargetBytes())
                .withMaxWait(Duration.ofMillis(tier.offloadMaxWaitMillis()))
                .withParallelUploads(tier.offloadParallel());
        CacheSettings cache = cacheSettings(tier);
        ThreadFactory threads = Thread.ofVirtual().name("tier-", 0).factory();
        SecureRandom random = new SecureRandom();
        names = new ObjectNames(time, random);
        Path folder = config.data().dir().resolve("cache");
        segments = new CachedRemoteSegments(store, cache, folder, time, threads, meters);
        offloader = new Offloader(store, names, offload, time, random, threads, meters);
        pages = new ManifestPages(store, names, ManifestPages.DEFAULT_INLINE, offload.referenceWithin(), time);
        offloader.start();
    }

    static CacheSettings cacheSettings(VarveConfig.Tier tier) throws StartupException {
        if (tier.cacheMemoryBytes() < tier.chunkBytes()) {
            throw new StartupException(
                    "varve.tier.cache.memory-bytes=" + tier.cacheMemoryBytes()
                            + " does not hold one chunk of varve.tier.chunk-bytes=" + tier.chunkBytes(),
                    2,
                    null);
        }
        return CacheSettings.of(
                tier.chunkBytes(), tier.cacheMemoryBytes(), tier.cacheDiskBytes(), tier.readAheadChunks());
    }

    /** Opens the store and has a first look at it. */
    static ObjectStore open(VarveConfig.ObjectStore config) throws StartupException {
        try {
            ObjectStore store = ObjectStores.open(config.url(), settings(config.s3()));
            check(store);
            return store;
        } catch (ObjectStoreException e) {
            throw new StartupException("varve.object-store: " + e.getMessage(), 2, e);
        }
    }

    /** The store as this cluster's: refused when it is another's. */
    static ClusterObjectStore claim(ObjectStore store, String clusterId, Time time, MeterRegistry meters)
            throws StartupException {
        var claimed = new ClusterObjectStore(store, clusterId, time, meters);
        try {
            claimed.claim();
            return claimed;
        } catch (ObjectStoreException e) {
            throw new StartupException("varve.object-store: " + e.getMessage(), 2, e);
        }
    }

    /** A store that is away now may come back; one that refuses will not without the operator. */
    private static void check(ObjectStore store) {
        try {
            ObjectStores.check(store);
        } catch (ObjectStoreException e) {
            if (e.kind() != ObjectStoreException.Kind.UNAVAILABLE) {
                throw e;
            }
            LOG.warnf(
                    "the object store does not answer: segments wait on this disk until it does. cause=%s",
                    e.getMessage());
        }
    }

    private static S3Settings settings(VarveConfig.S3 s3) {
        S3Settings.Credentials credentials = s3.accessKey().isPresent()
                ? new S3Settings.Credentials(
                        s3.accessKey().get(), s3.secretKey().orElse(""))
                : null;
        S3Settings defaults = S3Settings.defaults(s3.region());
        return new S3Settings(
                "",
                "",
                s3.endpoint().orElse(null),
                s3.region(),
                s3.pathStyle(),
                credentials,
                S3Settings.ChecksumMode.valueOf(s3.checksums().name()),
                defaults.connectTimeout(),
                Duration.ofMillis(s3.requestTimeoutMillis()),
                s3.maxConnections());
    }

    /** @param metadataIsOurs see {@link Sweeper} */
    Sweeper sweeper(PartitionRecords records, BooleanSupplier metadataIsOurs, MeterRegistry meters) {
        return new Sweeper(store, names, records, segments, metadataIsOurs, grace, meters);
    }

    @Override
    public void close() {
        offloader.close();
        segments.close();
    }
}
