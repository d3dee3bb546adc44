package io.varve.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What REST answers with: Confluent's v3 shapes, field by field. */
public final class Shapes {
    private Shapes() {}

    /** Where a resource is and what it is called. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Metadata(String self, @Nullable String resourceName) {}

    /** Where a list is; {@code next} is null on its last page. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record ListMetadata(String self, @Nullable String next) {}

    /** A reference to another resource. */
    public record Related(String related) {}

    /** A list of resources. */
    public record Listing<T>(String kind, ListMetadata metadata, List<T> data) {}

    /** A Kafka cluster. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record Cluster(
            String kind,
            Metadata metadata,
            String clusterId,
            @Nullable Related controller,
            Related topics) {}

    /** A topic. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record TopicData(
            String kind,
            Metadata metadata,
            String clusterId,
            String topicName,
            boolean isInternal,
            int replicationFactor,
            int partitionsCount,
            Related partitions,
            Related configs) {}

    /** A partition; {@code leader} is null when nobody serves it now. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record PartitionData(
            String kind,
            Metadata metadata,
            String clusterId,
            String topicName,
            int partitionId,
            @Nullable Related leader,
            int leaderEpoch,
            List<Integer> replicaIds,
            List<Integer> isrIds) {}

    /** A topic's setting. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record TopicConfigData(
            String kind,
            Metadata metadata,
            String clusterId,
            String topicName,
            String name,
            @Nullable String value,
            boolean isDefault,
            boolean isReadOnly,
            boolean isSensitive,
            String source,
            List<Synonym> synonyms) {}

    /** Where else a setting could come from. */
    public record Synonym(String name, @Nullable String value, String source) {}

    /** A topic to create; nulls are the broker's defaults. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record NewTopic(
            @Nullable String topicName,
            @Nullable Integer partitionsCount,
            @Nullable Short replicationFactor,
            @Nullable List<NewConfig> configs,
            @Nullable Boolean validateOnly) {}

    /** A setting of a topic to create. */
    public record NewConfig(@Nullable String name, @Nullable String value) {}
}
