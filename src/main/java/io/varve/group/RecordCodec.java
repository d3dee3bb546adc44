package io.varve.group;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.metadata.Entry;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.group.generated.CoordinatorRecordJsonConverters;
import org.apache.kafka.coordinator.group.generated.CoordinatorRecordType;
import org.apache.kafka.server.common.ApiMessageAndVersion;

/**
 * The coordinator's records as entries of the metadata store, for people to read: {@code groups/<shard>/<type>/<fields of the key>},
 * each field URL-encoded, with key and value as JSON beside the record's position. Stateless.
 */
final class RecordCodec {
    private static final ObjectMapper JSON = new ObjectMapper();

    private RecordCodec() {}

    /** A record with its place in the order of its shard. */
    record Positioned(long position, CoordinatorRecord record) {}

    static String prefix(int shard) {
        return "groups/" + shard + "/";
    }

    static String key(int shard, ApiMessage key) {
        StringBuilder path = new StringBuilder(prefix(shard)).append(typeName(key.apiKey()));
        for (Map.Entry<String, JsonNode> field :
                CoordinatorRecordJsonConverters.writeRecordKeyAsJson(key).properties()) {
            path.append('/').append(URLEncoder.encode(field.getValue().asText(), StandardCharsets.UTF_8));
        }
        return path.toString();
    }

    private static String typeName(short type) {
        return CoordinatorRecordType.fromId(type)
                .name()
                .toLowerCase(Locale.ROOT)
                .replace('_', '-');
    }

    static byte[] value(CoordinatorRecord record, long position) {
        ApiMessageAndVersion value = record.value();
        ObjectNode node = JSON.createObjectNode();
        node.put("position", position);
        node.put("type", record.key().apiKey());
        node.put("version", value.version());
        node.set("key", CoordinatorRecordJsonConverters.writeRecordKeyAsJson(record.key()));
        node.set("value", CoordinatorRecordJsonConverters.writeRecordValueAsJson(value.message(), value.version()));
        return node.toString().getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Reads an entry.
     *
     * @throws IllegalStateException when it is not a record
     */
    static Positioned decode(Entry entry) {
        try {
            JsonNode node = JSON.readTree(entry.value());
            short type = (short) node.get("type").intValue();
            short version = (short) node.get("version").intValue();
            return new Positioned(
                    node.get("position").longValue(),
                    CoordinatorRecord.record(
                            CoordinatorRecordJsonConverters.readRecordKeyFromJson(node.get("key"), type),
                            new ApiMessageAndVersion(
                                    CoordinatorRecordJsonConverters.readRecordValueFromJson(
                                            node.get("value"), type, version),
                                    version)));
        } catch (IOException | RuntimeException e) {
            throw new IllegalStateException("key " + entry.key() + " in the metadata store is not a group record", e);
        }
    }
}
