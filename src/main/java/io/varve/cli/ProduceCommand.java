package io.varve.cli;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "produce",
        mixinStandardHelpOptions = true,
        description = {
            "Write records to a topic, one for each line of standard input.",
            "It ends with 0 when every record was acknowledged."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  echo hello | varve produce greetings",
            "  varve produce users --key-separator : --null-marker NULL < users.txt",
            "  varve produce logs --compression zstd --header source=web-1 < access.log"
        })
final class ProduceCommand extends ClientCommand {

    /** Codecs of record batches. */
    enum Compression {
        none,
        gzip,
        snappy,
        lz4,
        zstd
    }

    @Parameters(paramLabel = "TOPIC", description = "The topic.")
    String topic = "";

    @Option(
            names = {"-k", "--key-separator"},
            paramLabel = "TEXT",
            description = "Splits a line into key and value at the first TEXT. Without it records have no key.")
    @Nullable
    String keySeparator;

    @Option(
            names = {"-H", "--header"},
            paramLabel = "NAME=VALUE",
            description = "A header for every record. May be repeated.")
    Map<String, String> headers = new LinkedHashMap<>();

    @Option(
            names = {"-z", "--compression"},
            defaultValue = "none",
            paramLabel = "CODEC",
            description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    Compression compression = Compression.none;

    @Option(
            names = {"-p", "--partition"},
            paramLabel = "N",
            description = "Write to this partition (default: by the key, or spread).")
    @Nullable
    Integer partition;

    @Option(
            names = "--acks",
            defaultValue = "all",
            paramLabel = "ACKS",
            description = "all, 1 or 0 (default: ${DEFAULT-VALUE}).")
    String acks = "all";

    @Option(
            names = "--null-marker",
            paramLabel = "TEXT",
            description = "A key or value that is TEXT is written as null (a tombstone).")
    @Nullable
    String nullMarker;

    @Option(
            names = "--producer-config",
            paramLabel = "NAME=VALUE",
            description = "A setting of Kafka's producer. May be repeated.")
    Map<String, String> producerConfig = new LinkedHashMap<>();

    private final AtomicLong acknowledged = new AtomicLong();
    private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();

    @Override
    public Integer call() throws Exception {
        LineParser parser = new LineParser(keySeparator, nullMarker, headers);
        var serializer = new ByteArraySerializer();
        try (var producer =
                new KafkaProducer<>(client.properties(settings(), producerConfig), serializer, serializer)) {
            send(producer, parser);
            producer.flush();
        }
        Exception failed = failure.get();
        if (failed != null) {
            throw CliException.failed(
                    "after %d acknowledged records: %s".formatted(acknowledged.get(), Failures.words(failed)), failed);
        }
        if (json()) {
            printJson(Map.of("topic", topic, "records", acknowledged.get()));
        } else {
            err().println("%d record%s written to %s."
                    .formatted(acknowledged.get(), acknowledged.get() == 1 ? "" : "s", topic));
        }
        return ExitCode.DONE;
    }

    private void send(KafkaProducer<byte[], byte[]> producer, LineParser parser) throws IOException {
        // Not closed: standard input is the process's.
        var lines = new BufferedInputStream(System.in);
        long number = 0;
        for (String line = LineParser.next(lines);
                line != null && failure.get() == null;
                line = LineParser.next(lines)) {
            LineParser.Parsed parsed = parser.parse(line, ++number);
            var message = new ProducerRecord<>(topic, partition, null, parsed.key(), parsed.value(), parsed.headers());
            var _ = producer.send(message, (metadata, e) -> {
                if (e == null) {
                    acknowledged.incrementAndGet();
                } else {
                    failure.compareAndSet(null, e);
                }
            });
        }
    }

    private Map<String, String> settings() {
        var settings = new LinkedHashMap<String, String>();
        settings.put(ProducerConfig.ACKS_CONFIG, acks);
        settings.put(
                ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, Boolean.toString(acks.equals("all") || acks.equals("-1")));
        settings.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, compression.name());
        settings.put(ProducerConfig.LINGER_MS_CONFIG, "5");
        settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, Integer.toString(client.requestTimeoutMillis));
        // A record may wait for the batch, then for two tries.
        settings.put(
                ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Integer.toString(2 * client.requestTimeoutMillis + 1000));
        return settings;
    }
}
