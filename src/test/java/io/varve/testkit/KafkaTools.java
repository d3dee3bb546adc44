package io.varve.testkit;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Kafka's own command-line tools, unmodified, each run as a process of its own on the published jars that
 * {@code tools/kafka/fetch.sh} copied. Immutable.
 */
public final class KafkaTools {
    /** The version of Apache Kafka that tests and benchmark use. */
    public static final String VERSION = "4.3.1";

    /** The tools by the class that Kafka's shell scripts start. */
    public enum Tool {
        API_VERSIONS("org.apache.kafka.tools.BrokerApiVersionsCommand"),
        CLUSTER("org.apache.kafka.tools.ClusterTool"),
        CONFIGS("kafka.admin.ConfigCommand"),
        CONSOLE_CONSUMER("org.apache.kafka.tools.consumer.ConsoleConsumer"),
        CONSOLE_PRODUCER("org.apache.kafka.tools.ConsoleProducer"),
        CONSUMER_GROUPS("org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"),
        CONSUMER_PERFORMANCE("org.apache.kafka.tools.ConsumerPerformance"),
        DELETE_RECORDS("org.apache.kafka.tools.DeleteRecordsCommand"),
        DUMP_LOG("org.apache.kafka.tools.DumpLogSegments"),
        END_TO_END_LATENCY("org.apache.kafka.tools.EndToEndLatency"),
        GET_OFFSETS("org.apache.kafka.tools.GetOffsetShell"),
        LEADER_ELECTION("org.apache.kafka.tools.LeaderElectionCommand"),
        REASSIGN_PARTITIONS("org.apache.kafka.tools.reassign.ReassignPartitionsCommand"),
        GROUPS("org.apache.kafka.tools.GroupsCommand"),
        LOG_DIRS("org.apache.kafka.tools.LogDirsCommand"),
        PRODUCER_PERFORMANCE("org.apache.kafka.tools.ProducerPerformance"),
        STORAGE("kafka.tools.StorageTool"),
        TOPICS("org.apache.kafka.tools.TopicCommand"),
        VERIFIABLE_CONSUMER("org.apache.kafka.tools.VerifiableConsumer"),
        VERIFIABLE_PRODUCER("org.apache.kafka.tools.VerifiableProducer");

        private final String mainClass;

        Tool(String mainClass) {
            this.mainClass = mainClass;
        }
    }

    /** Short-lived tools start in half the time with the quick compiler only. */
    private static final List<String> QUICK_START = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m");

    private final Path jars;
    private final List<String> jvmOptions;

    private KafkaTools(Path jars, List<String> jvmOptions) {
        this.jars = jars;
        this.jvmOptions = List.copyOf(jvmOptions);
    }

    /** The tools on the jars in {@code .cache}; an {@link AssertionError} says how to get them when they are not there. */
    public static KafkaTools fetched() {
        Path jars = Folders.cache().resolve("kafka-" + VERSION);
        if (!Files.exists(jars.resolve("complete"))) {
            throw new AssertionError("Apache Kafka's jars are not in " + jars + ": run tools/kafka/fetch.sh");
        }
        return new KafkaTools(jars, QUICK_START);
    }

    /** The same tools with other options for their JVM. */
    public KafkaTools jvmOptions(List<String> options) {
        return new KafkaTools(jars, options);
    }

    /** Kafka's class path. */
    public String classPath() {
        return jars.resolve("*").toString();
    }

    /** A tool with these arguments, ready to run. */
    public Command command(Tool tool, String... arguments) {
        return Command.of(java(tool.mainClass)).with(arguments);
    }

    /** Runs a tool that must succeed. */
    public Command.Result run(Tool tool, String... arguments) {
        return command(tool, arguments).run().ok();
    }

    private List<String> java(String mainClass) {
        var words = new ArrayList<String>();
        words.add(Java.executable());
        words.addAll(jvmOptions);
        words.addAll(List.of(
                "--sun-misc-unsafe-memory-access=allow",
                "--enable-native-access=ALL-UNNAMED",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                "-cp",
                classPath(),
                mainClass));
        return words;
    }
}
