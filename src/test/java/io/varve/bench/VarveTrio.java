package io.varve.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.varve.testkit.Probe;
import io.varve.testkit.VarveProcess;
import io.varve.testkit.WholeVarve;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Three brokers of Varve over one etcd and one S3 server, both on the same machine. */
final class VarveTrio implements Trio {
    private static final Pattern WRITES =
            Pattern.compile("api=\"(putobject|putobjectpart|newmultipartupload|completemultipartupload)\"");
    private static final Duration ANSWER_LIMIT = Duration.ofMinutes(1);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final WholeVarve first;
    private final List<VarveProcess> brokers;

    VarveTrio(Path folder) {
        first = WholeVarve.prepare(folder, settings -> {});
        brokers = List.of(
                first.broker(),
                first.another(2, folder.resolve("varve-2")),
                first.another(3, folder.resolve("varve-3")));
    }

    @Override
    public void launch() {
        brokers.forEach(VarveProcess::launch);
    }

    @Override
    public void launch(int broker) {
        brokers.get(broker - 1).launch();
    }

    @Override
    public void kill9(int broker) {
        brokers.get(broker - 1).kill9();
    }

    @Override
    public String bootstrapServers() {
        return brokers.stream().map(VarveProcess::bootstrapServers).collect(Collectors.joining(","));
    }

    @Override
    public List<Long> pids() {
        return brokers.stream().map(VarveProcess::pid).toList();
    }

    @Override
    public List<Long> helperPids() {
        return List.of(first.etcd().pid(), first.objectStore().pid());
    }

    @Override
    public void close() {
        brokers.forEach(VarveProcess::close);
        first.close();
    }

    /** How many writes etcd has taken so far: each raises its revision by one. */
    long etcdRevision() {
        var answer = post(first.etcd().endpoint() + "/v3/kv/range", "{\"key\":\"AA==\"}");
        try {
            return JSON.readTree(answer).path("header").path("revision").asLong();
        } catch (IOException e) {
            throw new UncheckedIOException("no revision in " + answer, e);
        }
    }

    /** A metric's value, of all its series on all brokers together. */
    double metric(String name) {
        return brokers.stream()
                .mapToDouble(broker -> sum(
                        broker.http("/metrics"), line -> line.startsWith(name + " ") || line.startsWith(name + "{")))
                .sum();
    }

    /** How many requests that write the S3 server has had so far, as it counts them. */
    double putRequests() {
        return sum(
                first.objectStore().endpoint() + "/minio/v2/metrics/cluster",
                line -> line.startsWith("minio_s3_requests_total{")
                        && WRITES.matcher(line).find());
    }

    private static double sum(String url, Predicate<String> wanted) {
        return body(url)
                .lines()
                .filter(wanted)
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    /** Asks until there is an answer: on a busy machine one may take too long. */
    private static String body(String url) {
        var body = new AtomicReference<>("");
        Await.until("an answer from " + url, ANSWER_LIMIT, () -> {
            body.set(Probe.httpBody(url));
            return !body.get().isEmpty();
        });
        return body.get();
    }

    private static String post(String url, String body) {
        var request = HttpRequest.newBuilder(URI.create(url))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        try (var client = HttpClient.newHttpClient()) {
            return client.send(request, BodyHandlers.ofString()).body();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot ask " + url, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
