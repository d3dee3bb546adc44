package io.varve.broker;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * Which of Kafka's APIs Varve serves, each with what a client should know about it, and why the others are not served. The broker that
 * is put together from its parts must serve exactly {@link #ALL}.
 */
final class ServedApis {
    private static final Map<ApiKeys, String> NOTES = notes();

    /** All that is served. */
    static final Set<ApiKeys> ALL = Collections.unmodifiableSet(NOTES.keySet());

    private static final String TRANSACTIONS = "transactions come later";
    private static final String SECURITY = "security comes later";
    private static final String SHARE = "share groups come later";
    private static final String STREAMS = "streams groups come later";
    private static final String QUOTAS = "quotas come later";
    private static final String INTERNAL = "between Kafka's own brokers and controllers";

    private static final Map<ApiKeys, String> REASONS = reasons();

    private ServedApis() {}

    static String note(ApiKeys api) {
        return NOTES.get(api);
    }

    /** Why {@code api} is not served, or null when nobody has thought about it. */
    static String reason(ApiKeys api) {
        return REASONS.get(api);
    }

    private static Map<ApiKeys, String> notes() {
        Map<ApiKeys, String> notes = new EnumMap<>(ApiKeys.class);
        notes.put(
                ApiKeys.PRODUCE,
                "Idempotent produce, `acks` 0, 1 and all, all codecs. Batches of the record format 2 only; transactional ones are refused. Versions 0 to 2 are listed because some clients take a broker without them for one without compression, and are refused as in Kafka (KIP-896).");
        notes.put(
                ApiKeys.FETCH,
                "Long polling, sessions, topic ids, reads from the disk and from the object store; consumers with a rack are sent to a copy there (KIP-392). Brokers copy segments in their own way, not by Fetch.");
        notes.put(
                ApiKeys.LIST_OFFSETS,
                "Earliest, latest, by time, largest timestamp, earliest local and latest tiered offset.");
        notes.put(
                ApiKeys.METADATA,
                "The owner of a partition is its leader, the members of its open segment's ensemble that live are in sync. Topics made by `auto.create.topics.enable` are in the same answer. Internal topics are never made by asking for them. Every operation is authorized.");
        notes.put(
                ApiKeys.DESCRIBE_CLUSTER,
                "Live brokers; the placer is named as the controller. There are no separate controllers and no fenced brokers to describe.");
        notes.put(
                ApiKeys.DESCRIBE_TOPIC_PARTITIONS,
                "Pages of at most `max.request.partition.size.limit` partitions. There are no eligible leader replicas.");
        notes.put(
                ApiKeys.CREATE_TOPICS,
                "At most 100,000 partitions a topic. Manual assignments are kept to while their brokers live; others stand in for those that do not.");
        notes.put(
                ApiKeys.ALTER_PARTITION_REASSIGNMENTS,
                "Nothing is copied: the owner opens its next segment on the new brokers and hands over, within seconds. So there is nothing to cancel: who asks for it gives the partition back to the placer.");
        notes.put(
                ApiKeys.LIST_PARTITION_REASSIGNMENTS,
                "Partitions that brokers have which are not to have them any more; not those that stand in for others.");
        notes.put(
                ApiKeys.ELECT_LEADERS,
                "At any broker; the owner hands over to the preferred one. An unclean election has nothing to do: what can be served without asking is.");
        notes.put(
                ApiKeys.DELETE_TOPICS,
                "By name or id. Objects stay in the object store until the sweeper finds them unreferenced.");
        notes.put(ApiKeys.CREATE_PARTITIONS, "At most 100,000 partitions a topic. Assignments as for CreateTopics.");
        notes.put(
                ApiKeys.DESCRIBE_CONFIGS,
                "Topics, groups, and the broker that is asked: the settings that have an effect in Varve. No log levels, no client metrics.");
        notes.put(
                ApiKeys.INCREMENTAL_ALTER_CONFIGS,
                "Topics and groups. Settings of a broker change with a restart only.");
        notes.put(ApiKeys.ALTER_CONFIGS, "As IncrementalAlterConfigs.");
        notes.put(ApiKeys.DELETE_RECORDS, "Moves the log start offset, in the object store too.");
        notes.put(
                ApiKeys.OFFSET_FOR_LEADER_EPOCH, "For consumers that check for truncation; nothing is ever truncated.");
        notes.put(
                ApiKeys.DESCRIBE_LOG_DIRS,
                "One directory. Sizes are those of the local files, not of the object store.");
        notes.put(ApiKeys.INIT_PRODUCER_ID, "Idempotent producers only; a transactional id is refused.");
        notes.put(ApiKeys.DESCRIBE_PRODUCERS, "Producers whose sequence numbers the partition remembers.");
        notes.put(
                ApiKeys.FIND_COORDINATOR,
                "Group coordinators only; one of transactions or share groups is an invalid request.");
        for (ApiKeys classic : Set.of(ApiKeys.JOIN_GROUP, ApiKeys.SYNC_GROUP, ApiKeys.HEARTBEAT, ApiKeys.LEAVE_GROUP)) {
            notes.put(classic, "Kafka's own group coordinator; its state is in the metadata store.");
        }
        notes.put(ApiKeys.CONSUMER_GROUP_HEARTBEAT, "The newer consumer protocol (KIP-848).");
        notes.put(ApiKeys.CONSUMER_GROUP_DESCRIBE, "Groups of the newer consumer protocol.");
        notes.put(ApiKeys.OFFSET_COMMIT, "Answered when the metadata store has the offsets.");
        notes.put(ApiKeys.OFFSET_FETCH, "Served only while this broker is sure to be the coordinator.");
        notes.put(ApiKeys.OFFSET_DELETE, "Of topics that no member of the group is subscribed to.");
        notes.put(ApiKeys.LIST_GROUPS, "Groups this broker coordinates, by state and type.");
        notes.put(ApiKeys.DESCRIBE_GROUPS, "Groups of the classic protocol.");
        notes.put(ApiKeys.DELETE_GROUPS, "Groups without members.");
        notes.put(
                ApiKeys.API_VERSIONS,
                "Lists exactly this table. A version ahead of ours is answered in version 0 with UNSUPPORTED_VERSION.");
        return notes;
    }

    private static Map<ApiKeys, String> reasons() {
        Map<ApiKeys, String> reasons = new EnumMap<>(ApiKeys.class);
        for (ApiKeys api : ApiKeys.values()) {
            String reason = reasonByName(api);
            if (reason != null && !ALL.contains(api)) {
                reasons.put(api, reason);
            }
        }
        return reasons;
    }

    private static String reasonByName(ApiKeys api) {
        return switch (api) {
            case ADD_PARTITIONS_TO_TXN,
                    ADD_OFFSETS_TO_TXN,
                    END_TXN,
                    WRITE_TXN_MARKERS,
                    TXN_OFFSET_COMMIT,
                    DESCRIBE_TRANSACTIONS,
                    LIST_TRANSACTIONS -> TRANSACTIONS;
            case SASL_HANDSHAKE,
                    SASL_AUTHENTICATE,
                    DESCRIBE_ACLS,
                    CREATE_ACLS,
                    DELETE_ACLS,
                    CREATE_DELEGATION_TOKEN,
                    RENEW_DELEGATION_TOKEN,
                    EXPIRE_DELEGATION_TOKEN,
                    DESCRIBE_DELEGATION_TOKEN,
                    DESCRIBE_USER_SCRAM_CREDENTIALS,
                    ALTER_USER_SCRAM_CREDENTIALS -> SECURITY;
            case DESCRIBE_CLIENT_QUOTAS, ALTER_CLIENT_QUOTAS -> QUOTAS;
            case ALTER_REPLICA_LOG_DIRS -> "a broker has one data directory";
            case UPDATE_FEATURES, UNREGISTER_BROKER, DESCRIBE_QUORUM, ADD_RAFT_VOTER, REMOVE_RAFT_VOTER ->
                "metadata is kept in etcd, there is no quorum of controllers";
            case GET_TELEMETRY_SUBSCRIPTIONS, PUSH_TELEMETRY -> "metrics of clients are not collected";
            case LIST_CONFIG_RESOURCES ->
                "the names of groups with configs are not listed yet; DescribeConfigs of a named group works";
            case SHARE_GROUP_HEARTBEAT,
                    SHARE_GROUP_DESCRIBE,
                    SHARE_FETCH,
                    SHARE_ACKNOWLEDGE,
                    INITIALIZE_SHARE_GROUP_STATE,
                    READ_SHARE_GROUP_STATE,
                    WRITE_SHARE_GROUP_STATE,
                    DELETE_SHARE_GROUP_STATE,
                    READ_SHARE_GROUP_STATE_SUMMARY,
                    DESCRIBE_SHARE_GROUP_OFFSETS,
                    ALTER_SHARE_GROUP_OFFSETS,
                    DELETE_SHARE_GROUP_OFFSETS -> SHARE;
            case STREAMS_GROUP_HEARTBEAT, STREAMS_GROUP_DESCRIBE -> STREAMS;
            case VOTE,
                    BEGIN_QUORUM_EPOCH,
                    END_QUORUM_EPOCH,
                    ALTER_PARTITION,
                    ENVELOPE,
                    FETCH_SNAPSHOT,
                    BROKER_REGISTRATION,
                    BROKER_HEARTBEAT,
                    ALLOCATE_PRODUCER_IDS,
                    CONTROLLER_REGISTRATION,
                    ASSIGN_REPLICAS_TO_DIRS,
                    UPDATE_RAFT_VOTER -> INTERNAL;
            case LEADER_AND_ISR, STOP_REPLICA, UPDATE_METADATA, CONTROLLED_SHUTDOWN -> "gone from Kafka as well";
            default -> null;
        };
    }
}
