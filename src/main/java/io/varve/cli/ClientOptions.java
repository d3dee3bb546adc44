package io.varve.cli;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How client commands reach the cluster. */
final class ClientOptions {

    @Option(
            names = {"-b", "--bootstrap"},
            defaultValue = "${env:VARVE_BOOTSTRAP:-localhost:9092}",
            paramLabel = "HOST:PORT",
            description =
                    "Brokers to connect to first, comma-separated (default: $VARVE_BOOTSTRAP, else localhost:9092).")
    String bootstrap = "localhost:9092";

    @Option(
            names = "--command-config",
            paramLabel = "FILE",
            description = "A .properties file with settings of Kafka's Java clients (TLS, SASL, ...).")
    @Nullable
    Path commandConfig;

    @Option(
            names = "--request-timeout-ms",
            defaultValue = "15000",
            paramLabel = "MS",
            description = "How long to wait for an answer before giving up (default: ${DEFAULT-VALUE}).")
    int requestTimeoutMillis = 15_000;

    /** Client properties; the file's win over what we set, {@code more} wins over the file. */
    Properties properties(Map<String, String> ours, Map<String, String> more) {
        var properties = new Properties();
        properties.put(CommonClientConfigs.DEFAULT_API_TIMEOUT_MS_CONFIG, Integer.toString(requestTimeoutMillis));
        properties.put(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, Integer.toString(requestTimeoutMillis));
        properties.put(CommonClientConfigs.METRIC_REPORTER_CLASSES_CONFIG, "");
        properties.put(CommonClientConfigs.ENABLE_METRICS_PUSH_CONFIG, "false");
        properties.put(CommonClientConfigs.CLIENT_ID_CONFIG, "varve-cli");
        properties.putAll(ours);
        if (commandConfig != null) {
            properties.putAll(read(commandConfig));
        }
        properties.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        properties.putAll(more);
        return properties;
    }

    Admin admin() {
        Properties properties = properties(Map.of(), Map.of());
        // Retries go on until the API timeout; a request must leave room for more than one of them.
        properties.putIfAbsent(AdminClientConfig.RETRY_BACKOFF_MAX_MS_CONFIG, "1000");
        return Admin.create(properties);
    }

    private static Properties read(Path file) {
        var properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            properties.load(reader);
            return properties;
        } catch (IOException | IllegalArgumentException e) {
            throw CliException.usage("cannot read --command-config " + file + ": " + e);
        }
    }
}
