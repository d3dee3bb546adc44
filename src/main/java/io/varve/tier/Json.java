package io.varve.tier;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.varve.tier.ObjectStoreException.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/** JSON as the tier's objects hold it: fields that are not known yet are skipped, so that formats can grow. */
final class Json {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private Json() {}

    static byte[] write(Object value) {
        try {
            return MAPPER.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    static boolean isValid(String json) {
        try {
            return !MAPPER.readTree(json).isMissingNode();
        } catch (JsonProcessingException e) {
            return false;
        }
    }

    /** @throws ObjectStoreException of kind {@code CORRUPT} when it is none, naming {@code key} */
    static <T> T read(ByteBuffer json, Class<T> type, String key) {
        try {
            byte[] bytes = new byte[json.remaining()];
            json.duplicate().get(bytes);
            return MAPPER.readValue(bytes, type);
        } catch (IOException e) {
            throw new ObjectStoreException(Kind.CORRUPT, "Object " + key + " is damaged: " + e.getMessage(), e);
        }
    }
}
