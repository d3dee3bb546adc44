package io.varve.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.varve.broker.RecordService.NewRecord;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.jspecify.annotations.Nullable;

/** Makes a record of one JSON object of a produce request. */
final class ProduceParser {
    private static final Set<String> RECORD_FIELDS = Set.of("key", "value", "headers", "partition_id", "timestamp");
    private static final Set<String> TYPED_FIELDS = Set.of("type", "data");

    private ProduceParser() {}

    /**
     * A record to append.
     *
     * @param partition null for any
     * @param keyType null when there is no key
     * @param valueType null when there is no value
     */
    record Parsed(
            @Nullable Integer partition,
            @Nullable RecordTypes keyType,
            @Nullable RecordTypes valueType,
            NewRecord message) {

        /** What it takes in memory, roughly. */
        int sizeBytes() {
            byte[] key = message.key();
            byte[] value = message.value();
            int headers = message.headers().stream()
                    .mapToInt(header -> header.key().length() + (header.value() == null ? 0 : header.value().length))
                    .sum();
            return 64 + headers + (key == null ? 0 : key.length) + (value == null ? 0 : value.length);
        }
    }

    /** @throws RestException with words for who sent it */
    static Parsed parse(JsonNode request) {
        if (!request.isObject()) {
            throw RestException.badRequest("a record is a JSON object with key and value.");
        }
        requireKnown(request, RECORD_FIELDS, "a record");
        requireKnown(request.path("key"), TYPED_FIELDS, "key");
        requireKnown(request.path("value"), TYPED_FIELDS, "value");
        RecordTypes keyType = type(request.path("key"), "key");
        RecordTypes valueType = type(request.path("value"), "value");
        var message = new NewRecord(
                bytes(keyType, request.path("key")),
                bytes(valueType, request.path("value")),
                headers(request.path("headers")),
                timestamp(request.path("timestamp")));
        return new Parsed(partition(request.path("partition_id")), keyType, valueType, message);
    }

    /** A misspelt field would be a null key or value, which deletes what it should change. */
    private static void requireKnown(JsonNode node, Set<String> known, String what) {
        for (String field : (Iterable<String>) node::fieldNames) {
            if (!known.contains(field)) {
                throw RestException.badRequest(what + " has no field " + field + "; known are "
                        + String.join(", ", new TreeSet<>(known)) + ".");
            }
        }
    }

    private static @Nullable Integer partition(JsonNode partition) {
        if (isAbsent(partition)) {
            return null;
        }
        if (!partition.canConvertToInt() || !partition.isIntegralNumber() || partition.intValue() < 0) {
            throw RestException.badRequest("partition_id is not a partition's number.");
        }
        return partition.intValue();
    }

    private static @Nullable RecordTypes type(JsonNode typed, String field) {
        if (isAbsent(typed) || isAbsent(typed.path("data"))) {
            return null;
        }
        if (!typed.path("type").isTextual()) {
            throw RestException.badRequest(field + ".type is required: BINARY, STRING or JSON.");
        }
        return RecordTypes.named(typed.path("type").textValue());
    }

    private static byte @Nullable [] bytes(@Nullable RecordTypes type, JsonNode typed) {
        return type == null ? null : type.bytes(typed.path("data"));
    }

    private static List<Header> headers(JsonNode headers) {
        var parsed = new ArrayList<Header>();
        for (JsonNode header : headers) {
            if (!header.path("name").isTextual()) {
                throw RestException.badRequest("a header needs a name.");
            }
            parsed.add(new RecordHeader(header.path("name").textValue(), headerValue(header.path("value"))));
        }
        return parsed;
    }

    private static byte @Nullable [] headerValue(JsonNode value) {
        if (isAbsent(value)) {
            return null;
        }
        try {
            byte[] bytes = value.binaryValue();
            if (bytes == null) {
                throw RestException.badRequest("a header's value is not base64.");
            }
            return bytes;
        } catch (IOException e) {
            throw RestException.badRequest("a header's value is not base64.");
        }
    }

    private static @Nullable Long timestamp(JsonNode timestamp) {
        if (isAbsent(timestamp)) {
            return null;
        }
        if (timestamp.isIntegralNumber() && timestamp.canConvertToLong()) {
            return timestamp.longValue();
        }
        try {
            return Instant.parse(timestamp.asText()).toEpochMilli();
        } catch (DateTimeException | ArithmeticException e) {
            throw RestException.badRequest("timestamp is not a time such as 2026-01-31T12:00:00Z.");
        }
    }

    private static boolean isAbsent(JsonNode node) {
        return node.isMissingNode() || node.isNull();
    }
}
