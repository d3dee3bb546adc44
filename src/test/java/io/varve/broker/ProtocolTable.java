package io.varve.broker;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.utils.AppInfoParser;

/** {@code docs/protocol.md}: what is served in which versions, what is not, and why. */
final class ProtocolTable {
    private ProtocolTable() {}

    static String render(Set<ApiKeys> served) {
        var page = new StringBuilder("""
                # Kafka's protocol in Varve

                <!-- Generated from ServedApis; do not edit. ./varve test -Dtest=ProtocolTableTest -Dvarve.docs.write=true -->

                Requests and responses are read and written by the codec of Apache Kafka %s, in every version it knows, unless the
                table says otherwise. ApiVersions tells clients exactly the first table; a request of any other API closes the
                connection, as in Kafka. One limit holds for all of them: a request of more than `socket.request.max.bytes` is
                refused.

                Settings and topic configs are in [kafka-settings.md](kafka-settings.md).

                ## Served

                | API | Key | Versions | Good to know |
                |---|---|---|---|
                """.formatted(AppInfoParser.getVersion()));
        for (ApiKeys api : byId(served)) {
            page.append("| %s | %d | %s | %s |%n"
                    .formatted(api.name, api.id, versions(api), Objects.requireNonNull(ServedApis.note(api))));
        }
        page.append("""

                ## Not served

                | Why | APIs |
                |---|---|
                """);
        reasons(served)
                .forEach((reason, apis) -> page.append("| %s | %s |%n".formatted(reason, String.join(", ", apis))));
        return page.toString();
    }

    private static List<ApiKeys> byId(Set<ApiKeys> apis) {
        return apis.stream()
                .sorted((one, other) -> Short.compare(one.id, other.id))
                .toList();
    }

    /** Versions that Kafka does not yet hold stable are not offered. */
    private static String versions(ApiKeys api) {
        short oldest = api == ApiKeys.PRODUCE ? ApiKeys.PRODUCE_API_VERSIONS_RESPONSE_MIN_VERSION : api.oldestVersion();
        short latest = api.latestVersion(false);
        return oldest == latest ? "" + oldest : oldest + " to " + latest;
    }

    private static Map<String, Set<String>> reasons(Set<ApiKeys> served) {
        Map<String, Set<String>> reasons = new LinkedHashMap<>();
        Stream.of(ApiKeys.values())
                .filter(api -> !served.contains(api))
                .forEach(api -> reasons.computeIfAbsent(
                                Objects.requireNonNull(ServedApis.reason(api), api.name), r -> new TreeSet<>())
                        .add(api.name));
        return reasons;
    }
}
