package io.varve.cluster;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.server.config.ServerTopicConfigSynonyms;

/**
 * Which settings of Kafka's brokers have an effect in Varve, and why the others have none: the one list behind the refusal at start,
 * DescribeConfigs and {@code docs/kafka-settings.md}.
 */
final class BrokerSettings {
    private BrokerSettings() {}

    /** What a setting is about. */
    enum Area {
        TOPICS("Topics"),
        TOPIC_DEFAULTS("Defaults of topic configs"),
        CLIENTS("Connections and requests"),
        GROUPS("Consumer groups");

        private final String title;

        Area(String title) {
            this.title = title;
        }

        String title() {
            return title;
        }
    }

    private static final Map<Area, List<String>> LISTED = Map.of(
            Area.TOPICS,
            List.of(
                    "auto.create.topics.enable",
                    "auto.leader.rebalance.enable",
                    "default.replication.factor",
                    "delete.topic.enable",
                    "leader.imbalance.check.interval.seconds",
                    "num.partitions"),
            Area.CLIENTS,
            List.of(
                    "connections.max.idle.ms",
                    "fetch.max.bytes",
                    "max.connections",
                    "max.connections.per.ip",
                    "max.incremental.fetch.session.cache.slots",
                    "max.request.partition.size.limit",
                    "producer.id.expiration.ms",
                    "socket.request.max.bytes"),
            Area.GROUPS,
            List.of(
                    "group.consumer.assignment.interval.ms",
                    "group.consumer.assignors",
                    "group.consumer.heartbeat.interval.ms",
                    "group.consumer.max.assignment.interval.ms",
                    "group.consumer.max.heartbeat.interval.ms",
                    "group.consumer.max.session.timeout.ms",
                    "group.consumer.max.size",
                    "group.consumer.migration.policy",
                    "group.consumer.min.assignment.interval.ms",
                    "group.consumer.min.heartbeat.interval.ms",
                    "group.consumer.min.session.timeout.ms",
                    "group.consumer.regex.refresh.interval.ms",
                    "group.consumer.session.timeout.ms",
                    "group.coordinator.append.linger.ms",
                    "group.coordinator.background.threads",
                    "group.coordinator.cached.buffer.max.bytes",
                    "group.coordinator.rebalance.protocols",
                    "group.coordinator.threads",
                    "group.initial.rebalance.delay.ms",
                    "group.max.session.timeout.ms",
                    "group.max.size",
                    "group.min.session.timeout.ms",
                    "offset.metadata.max.bytes",
                    "offsets.commit.timeout.ms",
                    "offsets.retention.check.interval.ms",
                    "offsets.retention.minutes",
                    "offsets.topic.num.partitions"));

    private static final Map<String, Area> HONOURED = honouredByName();

    /** Where Varve's default differs from Kafka's. */
    static final Map<String, String> OWN_DEFAULTS = Map.of("offsets.topic.num.partitions", "8");

    /** Why, for those of {@link #OWN_DEFAULTS}. */
    static final Map<String, String> WHY_OWN_DEFAULT = Map.of(
            "offsets.topic.num.partitions",
            "the shards of the group coordinator; offsets are keys in the metadata store, and fewer shards commit in larger batches");

    /** Settings that Varve has under a name of its own. */
    private static final Map<String, String> ELSEWHERE = new TreeMap<>(Map.ofEntries(
            Map.entry("node.id", "varve.broker.id"),
            Map.entry("broker.id", "varve.broker.id"),
            Map.entry("broker.rack", "varve.broker.rack"),
            Map.entry("listeners", "varve.kafka.listen"),
            Map.entry("advertised.listeners", "varve.kafka.advertised"),
            Map.entry("log.dir", "varve.data.dir"),
            Map.entry("log.dirs", "varve.data.dir")));

    /** Reasons by how a name begins; the first that fits counts. */
    private static final Map<String, String> REASONS = reasons();

    private static Map<String, Area> honouredByName() {
        Map<String, Area> byName = new TreeMap<>();
        ServerTopicConfigSynonyms.ALL_TOPIC_CONFIG_SYNONYMS
                .values()
                .forEach(synonyms -> synonyms.forEach(synonym -> byName.put(synonym.name(), Area.TOPIC_DEFAULTS)));
        LISTED.forEach((area, names) -> names.forEach(name -> byName.put(name, area)));
        return byName;
    }

    private static Map<String, String> reasons() {
        Map<String, String> reasons = new LinkedHashMap<>();
        for (String beginning : List.of(
                "ssl.",
                "sasl.",
                "security.",
                "listener.security.",
                "authorizer.",
                "principal.",
                "delegation.",
                "connection.failed.authentication.",
                "connections.max.reauth.")) {
            reasons.put(beginning, "security is not served yet");
        }
        reasons.put("transaction", "transactions are not served yet");
        reasons.put("add.partitions.to.txn.", "transactions are not served yet");
        reasons.put("group.share.", "share groups are not served yet");
        reasons.put("share.", "share groups are not served yet");
        reasons.put("group.streams.", "streams groups are not served yet");
        reasons.put("offsets.", "committed offsets are kept in the metadata store, not in a topic");
        for (String beginning : List.of("quota.", "client.quota.", "controller.quota.", "replication.quota.")) {
            reasons.put(beginning, "quotas are not served yet");
        }
        reasons.put("max.connection.creation.", "quotas are not served yet");
        reasons.put("max.connections.per.ip.overrides", "there are no exceptions by address");
        for (String beginning : List.of(
                "controller.",
                "metadata.",
                "internal.metadata.",
                "process.",
                "initial.broker.",
                "broker.",
                "early.start.",
                "leader.",
                "inter.broker.")) {
            reasons.put(beginning, "metadata is kept in etcd (varve.etcd.*), and there are no controllers");
        }
        reasons.put("remote.", "tiering is Varve's own: see varve.object-store.* and varve.tier.*");
        reasons.put("follower.", "tiering is Varve's own: see varve.object-store.* and varve.tier.*");
        reasons.put("replica.selector.", "consumers that name their rack are always told of a copy there");
        for (String beginning : List.of("replica.", "num.replica.", "alter.log.dirs.", "controlled.")) {
            reasons.put(beginning, "segments are copied in Varve's own way, without replica fetchers");
        }
        reasons.put("log.cleaner.", "topics are not compacted yet");
        reasons.put("log.", "the log is Varve's own: see varve.log.* and varve.data.*");
        reasons.put("cordoned.log.", "a broker has one data directory: varve.data.dir");
        for (String beginning : List.of("num.", "queued.", "socket.", "background.")) {
            reasons.put(beginning, "threads and buffers are sized by Varve itself: see varve.wire.*");
        }
        for (String beginning : List.of("metric", "kafka.metrics.", "telemetry.")) {
            reasons.put(beginning, "metrics are served over HTTP at /metrics");
        }
        for (String beginning : List.of("alter.config.policy.", "create.topic.policy.", "config.providers")) {
            reasons.put(beginning, "no classes of the operator's are loaded");
        }
        return reasons;
    }

    /** All settings that have an effect, by name. */
    static Map<String, Area> honoured() {
        return HONOURED;
    }

    /** Why a setting that Kafka has is refused, as the rest of a sentence that begins with its name. */
    static String refusal(String name) {
        String elsewhere = ELSEWHERE.get(name);
        if (elsewhere != null) {
            return "is set by " + elsewhere;
        }
        for (Map.Entry<String, String> reason : REASONS.entrySet()) {
            if (name.startsWith(reason.getKey())) {
                return "has no effect in Varve, remove it: " + reason.getValue();
            }
        }
        return "has no effect in Varve, remove it";
    }
}
