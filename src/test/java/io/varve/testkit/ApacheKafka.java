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
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A real Apache Kafka on one node (KRaft, broker and controller in one process), from its published jars, with its data
 * in a folder of the caller's. Loopback only. Not thread-safe.
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
        var tools = KafkaTools.fetched();
        int port = FreePort.find();
        format(folder, tools, properties(folder, port, FreePort.find(), settings));
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
            Path folder, int port, int controllerPort, Map<String, String> settings) {
        var all = new LinkedHashMap<String, String>();
        all.put("process.roles", "broker,controller");
        all.put("node.id", "1");
        all.put("controller.quorum.voters", "1@127.0.0.1:" + controllerPort);
        all.put("controller.listener.names", "CONTROLLER");
        all.put("listeners", "PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllerPort);
        all.put("advertised.listeners", "PLAINTEXT://127.0.0.1:" + port);
        all.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
        all.put("log.dirs", folder.resolve("data").toString());
        all.put("num.network.threads", "3");
        all.put("num.io.threads", "8");
        all.put("socket.send.buffer.bytes", "102400");
        all.put("socket.receive.buffer.bytes", "102400");
        all.put("offsets.topic.replication.factor", "1");
        all.put("share.coordinator.state.topic.replication.factor", "1");
        all.put("share.coordinator.state.topic.min.isr", "1");
        all.put("transaction.state.log.replication.factor", "1");
        all.put("transaction.state.log.min.isr", "1");
        all.put("group.initial.rebalance.delay.ms", "0");
        all.putAll(settings);
        return all;
    }
}
