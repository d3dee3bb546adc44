package io.varve.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.varve.metadata.Entry;
import java.io.IOException;

/** Values in the metadata store: JSON, so that people can read them; unknown fields of a newer minor version are ignored. */
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

    /**
     * Reads an entry's value.
     *
     * @throws ClusterException when it is not what it should be
     */
    static <T> T read(Entry entry, Class<T> type) {
        try {
            return MAPPER.readValue(entry.value(), type);
        } catch (IOException e) {
            throw new ClusterException(
                    "the value of key " + entry.key() + " in the metadata store is damaged: " + e.getMessage());
        }
    }
}
