package io.varve.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.varve.http.RecordShapes.TypedData;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Confluent's types of keys and values that need no schema, to bytes and back. */
enum RecordTypes {
    BINARY {
        @Override
        byte[] bytes(JsonNode data) {
            try {
                return data.binaryValue();
            } catch (IOException e) {
                throw RestException.badRequest("data of type BINARY is not base64.");
            }
        }

        @Override
        Object data(byte[] bytes) {
            return Base64.getEncoder().encodeToString(bytes);
        }
    },
    STRING {
        @Override
        byte[] bytes(JsonNode data) {
            if (!data.isTextual()) {
                throw RestException.badRequest("data of type STRING is not a string.");
            }
            return data.textValue().getBytes(StandardCharsets.UTF_8);
        }

        @Override
        Object data(byte[] bytes) throws IOException {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        }
    },
    JSON {
        @Override
        byte[] bytes(JsonNode data) {
            try {
                return MAPPER.writeValueAsBytes(data);
            } catch (JsonProcessingException e) {
                throw RestException.badRequest("data of type JSON cannot be written: " + e.getOriginalMessage());
            }
        }

        @Override
        Object data(byte[] bytes) throws IOException {
            return READER.readTree(bytes);
        }
    };

    // Numbers keep every digit: a value is written as it was sent, but for white space.
    static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private static final ObjectReader READER = MAPPER.reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    /** @throws RestException when {@code data}, which is not null, is not of this type */
    abstract byte[] bytes(JsonNode data);

    /** @throws IOException when the bytes are not of this type */
    abstract Object data(byte[] bytes) throws IOException;

    /** @throws RestException when there is no such type */
    static RecordTypes named(String name) {
        try {
            return valueOf(name.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw RestException.badRequest("type " + name + " is not BINARY, STRING or JSON.");
        }
    }

    /** Shows {@code bytes} as this type, or as BINARY when they are not of it. */
    TypedData show(byte @Nullable [] bytes) {
        if (bytes == null) {
            return new TypedData(name(), null);
        }
        try {
            return new TypedData(name(), data(bytes));
        } catch (CharacterCodingException | JsonProcessingException e) {
            return new TypedData(BINARY.name(), Base64.getEncoder().encodeToString(bytes));
        } catch (IOException e) {
            throw new IllegalStateException("reading an array failed", e);
        }
    }
}
