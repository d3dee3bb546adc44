package io.varve.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.varve.http.Shapes.Metadata;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What producing and reading records answers with. */
public final class RecordShapes {
    private RecordShapes() {}

    /** A record to write, as {@link ProduceParser} reads it; here for OpenAPI. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record ProduceRequest(
            @Nullable Integer partitionId,
            @Nullable List<HeaderData> headers,
            @Nullable TypedData key,
            @Nullable TypedData value,
            @Nullable String timestamp) {}

    /**
     * A key or value.
     *
     * @param type {@code BINARY} (base64), {@code STRING} or {@code JSON}
     * @param data null for a null key or value
     */
    public record TypedData(String type, @Nullable Object data) {}

    /** @param value base64, or null */
    public record HeaderData(String name, @Nullable String value) {}

    /** An acknowledged record. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Produced(
            int errorCode,
            String clusterId,
            String topicName,
            int partitionId,
            long offset,
            String timestamp,
            @Nullable Size key,
            @Nullable Size value) {}

    /** @param size in bytes, as stored */
    public record Size(String type, int size) {}

    /**
     * Records of a partition, oldest first.
     *
     * @param nextOffset to go on from
     */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record RecordList(
            String kind,
            Metadata metadata,
            long logStartOffset,
            long highWatermark,
            long nextOffset,
            List<RecordData> data) {}

    /** A record as it is stored. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record RecordData(
            int partitionId,
            long offset,
            String timestamp,
            String timestampType,
            List<HeaderData> headers,
            TypedData key,
            TypedData value) {}
}
