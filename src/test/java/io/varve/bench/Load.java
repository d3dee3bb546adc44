package io.varve.bench;

import io.varve.testkit.Command;
import io.varve.testkit.KafkaTools;
import io.varve.testkit.KafkaTools.Tool;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;

/** Kafka's own performance tools, as processes of their own, against one broker. */
final class Load {
    private static final Duration LIMIT = Duration.ofMinutes(10);
    private static final Pattern RATE = Pattern.compile("records sent, [\\d.]+ records/sec \\(([\\d.]+) MB/sec\\)");
    private static final AtomicInteger GROUPS = new AtomicInteger();

    /** What Kafka's scripts give these two tools. */
    private static final List<String> JVM_OPTIONS = List.of("-Xmx512m", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20");

    private final String bootstrapServers;
    private final List<String> producerProperties;
    private final KafkaTools tools = KafkaTools.fetched().jvmOptions(JVM_OPTIONS);

    Load(String bootstrapServers, List<String> producerProperties) {
        this.bootstrapServers = bootstrapServers;
        this.producerProperties = producerProperties;
    }

    /** Creates a topic; returns when all its partitions have a leader. */
    void createTopic(String topic, int partitions, Map<String, String> configs) {
        try (var admin = Admin.create(Map.of(
                "bootstrap.servers",
                bootstrapServers,
                "request.timeout.ms",
                Math.toIntExact(LIMIT.toMillis()),
                "default.api.timeout.ms",
                Math.toIntExact(LIMIT.toMillis())))) {
            admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1).configs(configs)))
                    .all()
                    .get();
            while (admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().stream()
                    .anyMatch(partition -> partition.leader() == null)) {
                Thread.sleep(100);
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException("cannot create topic " + topic, e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** Sends records as fast as they are taken (acks=all), and says how many MiB a second, without the warm-up. */
    double produce(String topic, long records, int recordBytes, String codec, String... properties) {
        var all = new ArrayList<>(List.of("acks=all", "compression.type=" + codec));
        all.addAll(List.of(properties));
        all.addAll(producerProperties);
        var result = tools.command(
                        Tool.PRODUCER_PERFORMANCE,
                        "--bootstrap-server",
                        bootstrapServers,
                        "--topic",
                        topic,
                        "--num-records",
                        Long.toString(records),
                        "--warmup-records",
                        Long.toString(records / 5),
                        "--record-size",
                        Integer.toString(recordBytes),
                        "--throughput",
                        "-1",
                        "--reporting-interval",
                        "600000",
                        "--command-property")
                .with(all.toArray(String[]::new))
                .limit(LIMIT)
                .run()
                .ok();
        return lastRate(result);
    }

    /** Reads records from the beginning with a new group, and says how many MiB a second, from the first fetch on. */
    double consume(String topic, long records) {
        var result = tools.command(
                        Tool.CONSUMER_PERFORMANCE,
                        "--bootstrap-server",
                        bootstrapServers,
                        "--topic",
                        topic,
                        "--num-records",
                        Long.toString(records),
                        "--group",
                        "bench-" + GROUPS.incrementAndGet(),
                        "--timeout",
                        "60000",
                        "--hide-header")
                .limit(LIMIT)
                .run()
                .ok();
        // start, end, MB, MB/s, records, records/s, rebalance ms, fetch ms, fetch MB/s, fetch records/s
        var columns = result.lines().getLast().split(", ", -1);
        if (Long.parseLong(columns[4]) < records) {
            throw new IllegalStateException("only " + columns[4] + " of " + records + " records came: " + result);
        }
        return Double.parseDouble(columns[8]);
    }

    /** The last summary is that of the steady state. */
    private static double lastRate(Command.Result result) {
        return RATE.matcher(result.out())
                .results()
                .map((MatchResult match) -> Double.parseDouble(match.group(1)))
                .reduce((first, second) -> second)
                .orElseThrow(() -> new IllegalStateException("no rate in: " + result));
    }
}
