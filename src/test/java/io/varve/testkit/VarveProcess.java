package io.varve.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The real Varve, started as a user starts it: {@code ./varve broker --config FILE} or {@code ./varve dev}. It keeps its
 * ports and its settings over any number of stops and starts. Not thread-safe.
 */
public final class VarveProcess implements Cluster {
    private static final Duration START_LIMIT = Duration.ofMinutes(2);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(90);

    private final String description;
    private final List<String> command;
    private final Map<String, String> environment;
    private final Path folder;
    private final int port;
    private final int httpPort;
    private @Nullable Daemon daemon;

    private VarveProcess(
            String description,
            List<String> arguments,
            Map<String, String> environment,
            Path folder,
            int port,
            int httpPort) {
        this.description = description;
        this.command = launcher(arguments);
        this.environment = Map.copyOf(environment);
        this.folder = folder;
        this.port = port;
        this.httpPort = httpPort;
    }

    /** A broker whose files are in this folder, still to be set up. */
    public static Settings broker(Path folder) {
        return new Settings(folder);
    }

    /** Starts the whole cluster in one process ({@code ./varve dev}) and returns when it is ready. */
    public static VarveProcess dev(Path folder) {
        int port = FreePort.find();
        int httpPort = FreePort.find();
        createFolder(folder);
        var arguments = List.of(
                "dev",
                "--port",
                Integer.toString(port),
                "--http-port",
                Integer.toString(httpPort),
                "--data",
                folder.resolve("data").toString());
        var varve = new VarveProcess("varve dev", arguments, Map.of(), folder, port, httpPort);
        varve.launch();
        varve.awaitReady();
        return varve;
    }

    /** Waits until {@code /health/ready} answers 200 and the Kafka port serves; fails with the end of the log. */
    public void awaitReady() {
        running()
                .awaitReady(
                        "ready",
                        START_LIMIT,
                        () -> Probe.serves("127.0.0.1", port) && Probe.httpStatus(http("/health/ready")) == 200);
    }

    /** Ends the process as a power cut would. */
    public void kill9() {
        running().kill9();
    }

    /** Stops it in its tracks (SIGSTOP). */
    public void pause() {
        running().pause();
    }

    /** Lets it go on (SIGCONT). */
    public void resume() {
        running().resume();
    }

    /** Stops it as an operator would (SIGTERM), waits until it has ended, and says its exit code. */
    public int terminate() {
        return running().terminate(STOP_LIMIT);
    }

    /** Waits until it has ended by itself, and says its exit code. */
    public int awaitEnd() {
        return running().awaitEnd(START_LIMIT);
    }

    /** Starts it, for the first time or after a stop, always with the same settings, ports and data; does not wait. */
    public void launch() {
        daemon = Daemon.start("Varve", command, environment, folder.resolve("varve.log"));
    }

    /** Starts it again after a stop and waits until it is ready. */
    public void restart() {
        launch();
        awaitReady();
    }

    /** True from a start until the process has ended. */
    public boolean isAlive() {
        return daemon != null && daemon.isAlive();
    }

    /** The id of its process: the launcher becomes the JVM. */
    public long pid() {
        return running().pid();
    }

    /** Where everything local is: segments, journal, cache. */
    public Path dataFolder() {
        return folder.resolve("data");
    }

    /** An address on its HTTP port. */
    public String http(String path) {
        return "http://127.0.0.1:" + httpPort + path;
    }

    /** The end of its log, for messages. */
    public String logTail() {
        return running().logTail();
    }

    @Override
    public String bootstrapServers() {
        return "127.0.0.1:" + port;
    }

    @Override
    public String description() {
        return description;
    }

    @Override
    public void close() {
        if (daemon != null) {
            daemon.close();
        }
    }

    private Daemon running() {
        return Objects.requireNonNull(daemon, "Varve was not launched");
    }

    /** Tests run what was built and never build: the launcher builds before them, and before the benchmark too. */
    static void requireBuilt() {
        Path jar = Folders.project().resolve("target/quarkus-app/quarkus-run.jar");
        if (!Files.exists(jar)) {
            throw new AssertionError("Varve is not built (" + jar + " is missing): run ./varve build, or ./varve test");
        }
    }

    private static List<String> launcher(List<String> arguments) {
        requireBuilt();
        var words = new ArrayList<String>();
        words.add(Folders.project().resolve("varve").toString());
        words.addAll(arguments);
        return words;
    }

    private static void createFolder(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot create " + folder, e);
        }
    }

    /** What a broker needs before it can start. */
    public static final class Settings {
        private final Path folder;
        private final Map<String, String> properties = new LinkedHashMap<>();
        private final Map<String, String> environment = new LinkedHashMap<>();
        private int kafkaPort;

        private Settings(Path folder) {
            this.folder = folder;
            property("varve.cluster.id", "varve-test");
            property("varve.broker.id", "1");
            property("varve.data.dir", folder.resolve("data").toString());
            environment("JAVA_HOME", System.getProperty("java.home"));
            environment("VARVE_BUILD", "never");
        }

        /** Any setting by its name. */
        public Settings property(String name, String value) {
            properties.put(name, value);
            return this;
        }

        /** A setting that Kafka's brokers have, by Kafka's name. */
        public Settings kafkaConfig(String name, String value) {
            return property("varve.kafka.config.\"" + name + "\"", value);
        }

        /** Where etcd is ({@code http://host:port}, one or more, comma-separated), and under which prefix this cluster keeps its keys. */
        public Settings etcd(String endpoint, String prefix) {
            return property("varve.etcd.endpoints", endpoint).property("varve.etcd.prefix", prefix);
        }

        /** The bucket and the S3 server; the credentials go by the environment, as the AWS SDK takes them. */
        public Settings s3(String url, String endpoint, String accessKey, String secretKey) {
            environment("AWS_ACCESS_KEY_ID", accessKey);
            environment("AWS_SECRET_ACCESS_KEY", secretKey);
            return property("varve.object-store.url", url)
                    .property("varve.object-store.s3.endpoint", endpoint)
                    .property("varve.object-store.s3.region", "us-east-1")
                    .property("varve.object-store.s3.path-style", "true");
        }

        /** An environment variable of the process. */
        public Settings environment(String name, String value) {
            environment.put(name, value);
            return this;
        }

        /** The port for Kafka clients, where it has to be known beforehand. */
        public Settings kafkaPort(int port) {
            kafkaPort = port;
            return this;
        }

        /** Writes the broker's configuration; starts nothing. */
        public VarveProcess prepare() {
            int port = kafkaPort == 0 ? FreePort.find() : kafkaPort;
            int httpPort = FreePort.find();
            property("varve.kafka.listen", "127.0.0.1:" + port);
            properties.putIfAbsent("varve.kafka.advertised", "127.0.0.1:" + port);
            properties.putIfAbsent("varve.internal.listen", "127.0.0.1:0");
            property("varve.http.port", Integer.toString(httpPort));
            createFolder(folder);
            var arguments = List.of("broker", "--config", writeConfig().toString());
            return new VarveProcess("varve broker", arguments, environment, folder, port, httpPort);
        }

        private Path writeConfig() {
            try {
                return Files.writeString(
                        folder.resolve("broker.properties"),
                        properties.entrySet().stream()
                                .map(e -> e.getKey() + "=" + e.getValue())
                                .collect(Collectors.joining("\n", "", "\n")));
            } catch (IOException e) {
                throw new UncheckedIOException("cannot write the configuration of Varve", e);
            }
        }
    }
}
