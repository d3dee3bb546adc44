package io.varve.testkit;

import io.varve.testkit.KafkaTools.Tool;
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
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A node of a real Apache Kafka (KRaft, broker and controller in one process), alone or one of several, from its published
 * jars, with its data in a folder of the caller's. Loopback only. Not thread-safe.
 */
public final class ApacheKafka implements Cluster {
    /** What Kafka's own start script gives the JVM. */
    public static final List<String> JVM_OPTIONS = List.of(
            "-Xmx1G",
            "-Xms1G",
            "-server",
            "-XX:+UseG1GC",
            "-XX:MaxGCPauseMillis=20",
            "-XX:InitiatingHeapOccupancyPercent=35",
            "-XX:+ExplicitGCInvokesConcurrent",
            "-XX:MaxInlineLevel=15",
            "-Djava.awt.headless=true");

    /** What a node that is alone has to have; several have Kafka's own defaults. */
    private static final Map<String, String> LONELY = Map.of(
            "offsets.topic.replication.factor", "1",
            "share.coordinator.state.topic.replication.factor", "1",
            "share.coordinator.state.topic.min.isr", "1",
            "transaction.state.log.replication.factor", "1",
            "transaction.state.log.min.isr", "1");

    private static final Duration START_LIMIT = Duration.ofSeconds(90);

    private final Path folder;
    private final KafkaTools tools;
    private final int port;
    private @Nullable Daemon daemon;

    private ApacheKafka(Path folder, KafkaTools tools, int port) {
        this.folder = folder;
        this.tools = tools;
        this.port = port;
    }

    /** Formats the folder and starts Kafka; returns when it serves. */
    public static ApacheKafka start(Path folder, Map<String, String> settings) {
        var kafka = prepare(folder, settings);
        kafka.launch();
        kafka.awaitReady();
        return kafka;
    }

    /** Formats the folder; starts nothing. */
    public static ApacheKafka prepare(Path folder, Map<String, String> settings) {
        var all = new LinkedHashMap<>(LONELY);
        all.putAll(settings);
        return prepare(folder, 1, Map.of(1, FreePort.find()), all);
    }

    /** Formats the folders of the nodes 1 to {@code count} of one cluster, each a broker and a controller; starts nothing. */
    public static List<ApacheKafka> prepareSeveral(Path folder, int count, Map<String, String> settings) {
        var controllers = new TreeMap<Integer, Integer>();
        IntStream.rangeClosed(1, count).forEach(id -> controllers.put(id, FreePort.find()));
        return controllers.keySet().stream()
                .map(id -> prepare(folder.resolve("node-" + id), id, controllers, settings))
                .toList();
    }

    private static ApacheKafka prepare(
            Path folder, int id, Map<Integer, Integer> controllers, Map<String, String> settings) {
        var tools = KafkaTools.fetched();
        int port = FreePort.find();
        format(folder, tools, properties(folder, id, port, controllers, settings));
        return new ApacheKafka(folder, tools, port);
    }

    /** Starts Kafka, for the first time or after a stop, always on the same port and data; does not wait for it. */
    public void launch() {
        daemon = Daemon.start("Apache Kafka", command(), Map.of(), folder.resolve("kafka.log"));
    }

    /** Waits until the port serves. */
    public void awaitReady() {
        running().awaitReady("serving on port " + port, START_LIMIT, () -> Probe.serves("127.0.0.1", port));
    }

    /** Stops Kafka as an operator would. */
    public void terminate() {
        running().terminate(Duration.ofMinutes(1));
    }

    /** Ends its process as a power cut would. */
    public void kill9() {
        running().kill9();
    }

    /** The id of its process. */
    public long pid() {
        return running().pid();
    }

    @Override
    public String bootstrapServers() {
        return "127.0.0.1:" + port;
    }

    @Override
    public String description() {
        return "Apache Kafka " + KafkaTools.VERSION;
    }

    @Override
    public void close() {
        if (daemon != null) {
            daemon.close();
        }
    }

    private Daemon running() {
        return Objects.requireNonNull(daemon, "Apache Kafka was not launched");
    }

    private List<String> command() {
        var command = new ArrayList<String>();
        command.add(Java.executable());
        command.addAll(JVM_OPTIONS);
        command.addAll(List.of(
                "--sun-misc-unsafe-memory-access=allow",
                "--enable-native-access=ALL-UNNAMED",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                "-cp",
                tools.classPath(),
                "kafka.Kafka",
                config(folder).toString()));
        return command;
    }

    private static Path config(Path folder) {
        return folder.resolve("server.properties");
    }

    private static void format(Path folder, KafkaTools tools, Map<String, String> properties) {
        try {
            Files.createDirectories(folder);
            Files.writeString(
                    config(folder),
                    properties.entrySet().stream()
                            .map(e -> e.getKey() + "=" + e.getValue())
                            .collect(Collectors.joining("\n", "", "\n")));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + config(folder), e);
        }
        tools.run(
                Tool.STORAGE,
                "format",
                "-t",
                "varveTestClusterId0001",
                "-c",
                config(folder).toString());
    }

    /** Kafka's shipped {@code server.properties}, on free ports, then what the caller asks for. */
    private static Map<String, String> properties(
            Path folder, int id, int port, Map<Integer, Integer> controllers, Map<String, String> settings) {
        var all = new LinkedHashMap<String, String>();
        all.put("process.roles", "broker,controller");
        all.put("node.id", Integer.toString(id));
        all.put(
                "controller.quorum.voters",
                controllers.entrySet().stream()
                        .map(node -> node.getKey() + "@127.0.0.1:" + node.getValue())
                        .collect(Collectors.joining(",")));
        all.put("controller.listener.names", "CONTROLLER");
        all.put("listeners", "PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllers.get(id));
        all.put("advertised.listeners", "PLAINTEXT://127.0.0.1:" + port);
        all.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
        all.put("log.dirs", folder.resolve("data").toString());
        all.put("num.network.threads", "3");
        all.put("num.io.threads", "8");
        all.put("socket.send.buffer.bytes", "102400");
        all.put("socket.receive.buffer.bytes", "102400");
        all.put("group.initial.rebalance.delay.ms", "0");
        all.putAll(settings);
        return all;
    }
}
