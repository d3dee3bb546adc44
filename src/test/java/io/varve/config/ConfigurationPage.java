package io.varve.config;

import io.varve.config.ConfigSchema.Entry;
import io.varve.config.ConfigSchema.Shape;
import java.util.Locale;

/** {@code docs/configuration.md}. */
final class ConfigurationPage {
    private ConfigurationPage() {}

    static String render(ConfigSchema schema) {
        var page = new StringBuilder("""
                # Configuration

                <!-- Generated from VarveConfig; do not edit. ./varve test -Dtest=ReferencePagesTest -Dvarve.docs.write=true -->

                Where a setting's value comes from, the strongest first:

                1. the command line: `./varve broker --set NAME=VALUE`, and `dev`'s `--port`, `--http-port`, `--data`
                2. Java system properties: `VARVE_JAVA_OPTS=-Dvarve.http.port=8081`
                3. the environment: `VARVE_HTTP_PORT=8081`. The name is in capitals with every other character than letters and digits as
                   `_`; a key in quotes has one more on each side: `VARVE_KAFKA_CONFIG__NUM_PARTITIONS_=3`
                4. the file: `./varve broker --config FILE`, a Java `.properties` file in UTF-8. `${VARVE_...}` and `${other.setting}` are
                   replaced by their values
                5. the defaults on this page

                A name that starts with `varve.` and is not on this page stops the start, as does a value that is missing or not allowed: one
                sentence for each, exit code 2. (Environment variables that are no setting are left alone, because Kubernetes makes
                some of its own for a service called `varve`.) Settings of the container itself, such as `quarkus.log.level`, are taken
                from the same places.

                `./varve dev` needs no setting. Without a `varve.cluster.id` its cluster makes an id of its own. Its other defaults are `varve.broker.id=1`,
                `varve.kafka.listen=localhost:9092`, `varve.http.host=localhost`, `varve.data.dir=./varve-data`,
                `varve.data.throttle-free-bytes=536870912`, `varve.data.refuse-free-bytes=134217728`, and a folder `objects` in the data
                directory as object store.

                """);
        String group = "";
        for (Entry entry : schema.entries()) {
            String of = entry.name().split("\\.", 3)[1];
            if (!of.equals(group)) {
                group = of;
                page.append("## varve.").append(of).append("\n\n");
            }
            page.append(section(entry));
        }
        return page.toString().stripTrailing() + "\n";
    }

    private static String section(Entry entry) {
        return """
                ### `%s`

                %s

                %s

                """.formatted(
                        entry.name() + (entry.shape() == Shape.MAP ? ".\"NAME\"" : ""),
                        entry.setting().value(),
                        facts(entry));
    }

    private static String facts(Entry entry) {
        String facts = "* value: " + value(entry) + "\n* default: " + byDefault(entry);
        return entry.setting().secret() ? facts + "\n* never shown in logs" : facts;
    }

    private static String value(Entry entry) {
        String one = ValueCheck.expected(entry);
        return switch (entry.shape()) {
            case ONE -> one;
            case LIST -> "one or more, comma-separated: " + one;
            case MAP -> "what Kafka allows for that name";
        };
    }

    private static String byDefault(Entry entry) {
        if (entry.byDefault().isPresent()) {
            String value = entry.byDefault().get();
            String readable = readable(entry, value);
            return "`" + value + "`" + (readable.isEmpty() ? "" : " (" + readable + ")");
        }
        if (entry.required()) {
            return "none, it is required";
        }
        return entry.setting().requiredByBroker() ? "none, `broker` requires it" : "none";
    }

    private static String readable(Entry entry, String value) {
        return switch (entry.setting().unit()) {
            case "bytes" -> bytes(Long.parseLong(value));
            case "ms" -> duration(Long.parseLong(value));
            default -> "";
        };
    }

    private static String bytes(long value) {
        if (value >= 1L << 30 && value % (1L << 30) == 0) {
            return (value >> 30) + " GiB";
        }
        return value >= 1 << 20 && value % (1 << 20) == 0 ? (value >> 20) + " MiB" : "";
    }

    private static String duration(long millis) {
        if (millis >= 3_600_000 && millis % 3_600_000 == 0) {
            return plural(millis / 3_600_000, "hour");
        }
        if (millis >= 60_000 && millis % 60_000 == 0) {
            return plural(millis / 60_000, "minute");
        }
        return millis >= 1000 && millis % 1000 == 0 ? plural(millis / 1000, "second") : "";
    }

    private static String plural(long count, String word) {
        return String.format(Locale.ROOT, "%d %s%s", count, word, count == 1 ? "" : "s");
    }
}
