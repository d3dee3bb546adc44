package io.varve.group;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.metadata.Entry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.group.generated.CoordinatorRecordJsonConverters;
import org.apache.kafka.server.common.ApiMessageAndVersion;

/**
 * The coordinator's records as entries of the metadata store, for people to read: the key says what it is about
 * ({@link RecordKeys}), the value is JSON: {@code {"position":17,"version":4,"value":{...}}}. Stateless.
 *
 * <p>The position is the record's place in the order of its shard; it is what the coordinator takes for the offset of the record.
 */
final class RecordCodec {
    private static final ObjectMapper JSON = new ObjectMapper();

    private RecordCodec() {}

    /** A record with its place in the order of its shard. */
    record Positioned(long position, CoordinatorRecord record) {}

    /** The value under which a record that is no tombstone is stored. */
    static byte[] value(CoordinatorRecord record, long position) {
        ApiMessageAndVersion value = Objects.requireNonNull(record.value());
        ObjectNode node = JSON.createObjectNode();
        node.put("position", position);
        node.put("version", value.version());
        node.set("value", CoordinatorRecordJsonConverters.writeRecordValueAsJson(value.message(), value.version()));
        return node.toString().getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Reads an entry; empty when it is of a kind this version does not know.
     *
     * @throws GroupException when it is damaged
     */
    static Optional<Positioned> decode(Entry entry) {
        return RecordKeys.parse(entry.key()).map(key -> decode(entry, key));
    }

    private static Positioned decode(Entry entry, RecordKeys.Parsed key) {
        try {
            JsonNode node = JSON.readTree(entry.value());
            short version = (short) node.required("version").intValue();
            CoordinatorRecord record = CoordinatorRecord.record(
                    key.key(),
                    new ApiMessageAndVersion(
                            CoordinatorRecordJsonConverters.readRecordValueFromJson(
                                    node.required("value"), key.type().id(), version),
                            version));
            return new Positioned(node.required("position").longValue(), record);
        } catch (IOException | RuntimeException e) {
            throw new GroupException(
                    "the value of key " + entry.key() + " in the metadata store is damaged: " + e.getMessage(), e);
        }
    }
}
