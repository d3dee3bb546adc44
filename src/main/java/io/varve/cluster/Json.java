package io.varve.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.varve.metadata.Entry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * Values in the metadata store: JSON, so that people can read them. Fields that a newer version of Varve has added are ignored; a format
 * it has raised the number of is refused.
 */
final class Json {
    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private Json() {}

    static byte[] write(Object value) {
        try {
            return MAPPER.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot write " + value.getClass() + " as JSON", e);
        }
    }

    /** For values under a lease, which the store takes as text. */
    static String text(Object value) {
        return new String(write(value), StandardCharsets.UTF_8);
    }

    /**
     * Reads an entry's value.
     *
     * @throws ClusterException when it is not what it should be
     */
    static <T> T read(Entry entry, Class<T> type) {
        return read(entry, type, Integer.MAX_VALUE);
    }

    /**
     * Reads an entry's value that says which version of its format it has.
     *
     * @param newest the newest version that is understood
     * @throws ClusterException when it is newer, or not what it should be
     */
    static <T> T read(Entry entry, Class<T> type, int newest) {
        try {
            JsonNode tree = MAPPER.readTree(entry.value());
            int version = tree.path("version").asInt(0);
            if (version > newest) {
                throw new ClusterException("key " + entry.key() + " was written by a newer version of Varve (format "
                        + version + ", known up to " + newest + "): upgrade this broker");
            }
            T value = MAPPER.treeToValue(tree, type);
            if (value == null) {
                throw new ClusterException("the value of key " + entry.key() + " in the metadata store is empty");
            }
            return value;
        } catch (IOException | IllegalArgumentException e) {
            throw new ClusterException(
                    "the value of key " + entry.key() + " in the metadata store is damaged: " + e.getMessage());
        }
    }
}
