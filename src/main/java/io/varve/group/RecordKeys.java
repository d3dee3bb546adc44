package io.varve.group;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.coordinator.group.generated.CoordinatorRecordJsonConverters;
import org.apache.kafka.coordinator.group.generated.CoordinatorRecordType;

/**
 * Keys of group records in the metadata store: {@code groups/<shard>/<kind>/<field>/<field>...}, for example
 * {@code groups/3/offsets/my-group/my-topic/0}. Fields are URL-encoded, so any string comes back as it was. Stateless.
 */
final class RecordKeys {
    private static final Map<String, CoordinatorRecordType> TYPES = new HashMap<>();

    static {
        for (CoordinatorRecordType type : CoordinatorRecordType.values()) {
            TYPES.put(kind(type), type);
        }
    }

    private RecordKeys() {}

    /** A type of record with its key. */
    record Parsed(CoordinatorRecordType type, ApiMessage key) {}

    /** What all keys of a shard start with. */
    static String prefix(int shard) {
        return "groups/" + shard + "/";
    }

    /** The key that holds the record with {@code key}. */
    static String format(int shard, ApiMessage key) {
        StringBuilder path = new StringBuilder(prefix(shard)).append(kind(CoordinatorRecordType.fromId(key.apiKey())));
        for (Map.Entry<String, JsonNode> field :
                CoordinatorRecordJsonConverters.writeRecordKeyAsJson(key).properties()) {
            path.append('/').append(URLEncoder.encode(field.getValue().asText(), StandardCharsets.UTF_8));
        }
        return path.toString();
    }

    /**
     * The record key that {@code key} stands for; empty when it is of a kind this version does not know.
     *
     * @throws GroupException when it is not a key of a group record
     */
    static Optional<Parsed> parse(String key) {
        // groups, shard, kind, fields
        List<String> parts = List.of(key.split("/", -1));
        if (parts.size() < 4) {
            throw new GroupException("key " + key + " in the metadata store is not a group record", null);
        }
        CoordinatorRecordType type = TYPES.get(parts.get(2));
        return type == null ? Optional.empty() : Optional.of(new Parsed(type, read(key, type, parts)));
    }

    private static ApiMessage read(String key, CoordinatorRecordType type, List<String> parts) {
        ObjectNode fields = JsonNodeFactory.instance.objectNode();
        int next = 3;
        for (Map.Entry<String, JsonNode> field : CoordinatorRecordJsonConverters.writeRecordKeyAsJson(
                        type.newRecordKey())
                .properties()) {
            if (next == parts.size()) {
                throw new GroupException("key " + key + " in the metadata store lacks " + field.getKey(), null);
            }
            try {
                String text = URLDecoder.decode(parts.get(next++), StandardCharsets.UTF_8);
                if (field.getValue().isNumber()) {
                    fields.put(field.getKey(), Integer.parseInt(text));
                } else {
                    fields.put(field.getKey(), text);
                }
            } catch (IllegalArgumentException e) {
                throw new GroupException("key " + key + " in the metadata store has a bad " + field.getKey(), e);
            }
        }
        if (next != parts.size()) {
            throw new GroupException("key " + key + " in the metadata store has too many parts", null);
        }
        return CoordinatorRecordJsonConverters.readRecordKeyFromJson(fields, type.id());
    }

    /** Names that stay, whatever Kafka calls its types next. */
    private static String kind(CoordinatorRecordType type) {
        return switch (type) {
            case LEGACY_OFFSET_COMMIT -> "legacy-offsets";
            case OFFSET_COMMIT -> "offsets";
            case GROUP_METADATA -> "classic-groups";
            case CONSUMER_GROUP_METADATA -> "consumer-groups";
            case CONSUMER_GROUP_PARTITION_METADATA -> "consumer-partition-metadata";
            case CONSUMER_GROUP_MEMBER_METADATA -> "consumer-members";
            case CONSUMER_GROUP_TARGET_ASSIGNMENT_METADATA -> "consumer-targets";
            case CONSUMER_GROUP_TARGET_ASSIGNMENT_MEMBER -> "consumer-target-members";
            case CONSUMER_GROUP_CURRENT_MEMBER_ASSIGNMENT -> "consumer-assignments";
            case CONSUMER_GROUP_REGULAR_EXPRESSION -> "consumer-regexes";
            case SHARE_GROUP_METADATA -> "share-groups";
            case SHARE_GROUP_MEMBER_METADATA -> "share-members";
            case SHARE_GROUP_TARGET_ASSIGNMENT_METADATA -> "share-targets";
            case SHARE_GROUP_TARGET_ASSIGNMENT_MEMBER -> "share-target-members";
            case SHARE_GROUP_CURRENT_MEMBER_ASSIGNMENT -> "share-assignments";
            case SHARE_GROUP_STATE_PARTITION_METADATA -> "share-partition-state";
            case STREAMS_GROUP_METADATA -> "streams-groups";
            case STREAMS_GROUP_MEMBER_METADATA -> "streams-members";
            case STREAMS_GROUP_TARGET_ASSIGNMENT_METADATA -> "streams-targets";
            case STREAMS_GROUP_TARGET_ASSIGNMENT_MEMBER -> "streams-target-members";
            case STREAMS_GROUP_CURRENT_MEMBER_ASSIGNMENT -> "streams-assignments";
            case STREAMS_GROUP_TOPOLOGY -> "streams-topologies";
        };
    }
}
