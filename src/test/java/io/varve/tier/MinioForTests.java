package io.varve.tier;

import io.varve.testkit.ServerBinaries;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** A MinIO process on a free port. */
final class MinioForTests implements AutoCloseable {
    static final S3Settings.Credentials CREDENTIALS = new S3Settings.Credentials("varve-test", "varve-test-secret");

    private final Process process;
    private final URI endpoint;

    MinioForTests(Path folder) throws IOException {
        int port = freePort();
        endpoint = URI.create("http://127.0.0.1:" + port);
        var builder = new ProcessBuilder(
                        ServerBinaries.find("minio"), "server", "--address", "127.0.0.1:" + port, folder.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolveSibling("minio.log").toFile());
        builder.environment().put("MINIO_ROOT_USER", CREDENTIALS.accessKey());
        builder.environment().put("MINIO_ROOT_PASSWORD", CREDENTIALS.secretKey());
        builder.environment().put("MINIO_BROWSER", "off");
        process = builder.start();
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(50))
                .until(this::isReady);
    }

    URI endpoint() {
        return endpoint;
    }

    S3Settings settings(String bucket, String prefix) {
        return S3Settings.defaults("us-east-1").at(bucket, prefix).compatible(endpoint, CREDENTIALS);
    }

    static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private boolean isReady() throws InterruptedException {
        try (var client = HttpClient.newHttpClient()) {
            var request = HttpRequest.newBuilder(endpoint.resolve("/minio/health/ready"))
                    .build();
            return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
