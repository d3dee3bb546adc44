package io.varve.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A real S3 server (MinIO) on a free loopback port, with its data in a folder of the caller's. Not thread-safe. */
public final class MinioServer implements AutoCloseable {
    /** The credentials of its only user. */
    public static final String ACCESS_KEY = "varve-test";

    public static final String SECRET_KEY = "varve-test-secret";

    private static final Duration START_LIMIT = Duration.ofMinutes(1);

    private final Path folder;
    private final int port = FreePort.find();
    private Daemon daemon;

    private MinioServer(Path folder) {
        this.folder = folder;
        this.daemon = launch();
    }

    /** Starts MinIO with these buckets and returns when it answers. */
    public static MinioServer start(Path folder, String... buckets) {
        try {
            for (String bucket : buckets) {
                // A folder in the data folder of a single-disk MinIO is a bucket.
                Files.createDirectories(folder.resolve("data").resolve(bucket));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot create the buckets", e);
        }
        var minio = new MinioServer(folder);
        minio.awaitReady();
        return minio;
    }

    /** Where clients connect: {@code http://host:port}. */
    public String endpoint() {
        return "http://127.0.0.1:" + port;
    }

    /** The bytes on MinIO's disk of objects in a bucket: what the objects need, or a little more. */
    public long bytesIn(String bucket) {
        Path data = folder.resolve("data").resolve(bucket);
        try (var files = Files.walk(data)) {
            return files.filter(Files::isRegularFile)
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot look into " + data, e);
        }
    }

    /** The id of its process. */
    public long pid() {
        return daemon.pid();
    }

    /** Deletes a bucket with all that is in it, behind the server's back. */
    public void loseBucket(String bucket) {
        Folders.delete(folder.resolve("data").resolve(bucket));
    }

    /** Makes an empty bucket. */
    public void makeBucket(String bucket) {
        try {
            Files.createDirectories(folder.resolve("data").resolve(bucket));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot create the bucket", e);
        }
    }

    /** Stops it as a crash would; its data stays. */
    public void kill9() {
        daemon.kill9();
    }

    /** Starts it again on the same port and data. */
    public void restart() {
        daemon = launch();
        awaitReady();
    }

    /** Makes it hang: it keeps its connections and answers nothing until {@link #resume}. */
    public void pause() {
        daemon.pause();
    }

    /** Lets it go on after {@link #pause}. */
    public void resume() {
        daemon.resume();
    }

    @Override
    public void close() {
        daemon.close();
    }

    private void awaitReady() {
        daemon.awaitReady("ready", START_LIMIT, () -> Probe.httpStatus(endpoint() + "/minio/health/ready") == 200);
    }

    private Daemon launch() {
        var command = List.of(
                ServerBinaries.find("minio"),
                "server",
                "--quiet",
                "--address",
                "127.0.0.1:" + port,
                folder.resolve("data").toString());
        var environment = Map.of(
                "MINIO_ROOT_USER",
                ACCESS_KEY,
                "MINIO_ROOT_PASSWORD",
                SECRET_KEY,
                "MINIO_BROWSER",
                "off",
                "MINIO_PROMETHEUS_AUTH_TYPE",
                "public");
        return Daemon.start("MinIO", command, environment, folder.resolve("minio.log"));
    }
}
