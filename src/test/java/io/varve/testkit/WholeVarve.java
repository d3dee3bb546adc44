package io.varve.testkit;

import java.nio.file.Path;
import java.util.function.Consumer;

/** One Varve broker with everything it needs of its own: a real etcd and a real S3 server. Not thread-safe. */
public final class WholeVarve implements Cluster {
    private static final String BUCKET = "varve";

    private final EtcdServer etcd;
    private final MinioServer minio;
    private final VarveProcess varve;

    private WholeVarve(EtcdServer etcd, MinioServer minio, VarveProcess varve) {
        this.etcd = etcd;
        this.minio = minio;
        this.varve = varve;
    }

    /** Starts all of it with Varve's defaults, apart from a wait that would only make tests slow. */
    public static WholeVarve start(Path folder) {
        return start(folder, settings -> settings.kafkaConfig("group.initial.rebalance.delay.ms", "0"));
    }

    /** Starts all of it, with the caller's settings for the broker; returns when it is ready. */
    public static WholeVarve start(Path folder, Consumer<VarveProcess.Settings> settings) {
        var varve = prepare(folder, settings);
        try {
            varve.broker().launch();
            varve.broker().awaitReady();
            return varve;
        } catch (AssertionError e) {
            varve.close();
            throw e;
        }
    }

    /** Starts etcd and the S3 server, and makes the broker ready to be launched. */
    public static WholeVarve prepare(Path folder, Consumer<VarveProcess.Settings> settings) {
        VarveProcess.requireBuilt();
        var etcd = EtcdServer.start(folder.resolve("etcd"), "--max-txn-ops=10000");
        try {
            var minio = MinioServer.start(folder.resolve("minio"), BUCKET);
            try {
                var broker = settings(folder.resolve("varve"), etcd, minio);
                settings.accept(broker);
                return new WholeVarve(etcd, minio, broker.prepare());
            } catch (RuntimeException | AssertionError e) {
                minio.close();
                throw e;
            }
        } catch (RuntimeException | AssertionError e) {
            etcd.close();
            throw e;
        }
    }

    private static VarveProcess.Settings settings(Path folder, EtcdServer etcd, MinioServer minio) {
        return VarveProcess.broker(folder)
                .etcd(etcd.endpoint(), "/varve")
                .s3("s3://" + BUCKET + "/test", minio.endpoint(), MinioServer.ACCESS_KEY, MinioServer.SECRET_KEY);
    }

    /** A further broker for the same cluster, still to be launched; the caller closes it. */
    public VarveProcess another(int id, Path folder) {
        return another(id, folder, settings -> {});
    }

    /** The same, with the caller's settings. */
    public VarveProcess another(int id, Path folder, Consumer<VarveProcess.Settings> settings) {
        var broker = settings(folder, etcd, minio).property("varve.broker.id", Integer.toString(id));
        settings.accept(broker);
        return broker.prepare();
    }

    /** The broker, to be stopped and started. */
    public VarveProcess broker() {
        return varve;
    }

    /** Its etcd. */
    public EtcdServer etcd() {
        return etcd;
    }

    /** Its S3 server. */
    public MinioServer objectStore() {
        return minio;
    }

    /** Bytes in its bucket. */
    public long bytesInBucket() {
        return minio.bytesIn(BUCKET);
    }

    @Override
    public String bootstrapServers() {
        return varve.bootstrapServers();
    }

    @Override
    public String description() {
        return "Varve with etcd and S3";
    }

    @Override
    public void close() {
        varve.close();
        minio.close();
        etcd.close();
    }
}
