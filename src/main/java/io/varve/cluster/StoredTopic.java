package io.varve.cluster;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.varve.metadata.Entry;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * A topic as JSON under {@code topics/<name>}.
 *
 * @param version of this format; a reader refuses a higher one
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
record StoredTopic(
        int version,
        String id,
        int partitions,
        short replicationFactor,
        @JsonInclude Map<String, String> configs,
        @Nullable List<List<Integer>> assignments) {
    static final String PREFIX = "topics/";
    private static final int VERSION = 1;

    static String key(String name) {
        return PREFIX + name;
    }

    static String name(String key) {
        return key.substring(PREFIX.length());
    }

    static byte[] encode(Topic topic) {
        return Json.write(new StoredTopic(
                VERSION,
                topic.id().toString(),
                topic.partitions(),
                topic.replicationFactor(),
                new TreeMap<>(topic.configs()),
                topic.assignments()));
    }

    /** @throws ClusterException when it is damaged, or of a newer version of Varve */
    static Topic decode(Entry entry) {
        StoredTopic stored = Json.read(entry, StoredTopic.class, VERSION);
        return new Topic(
                name(entry.key()),
                Uuid.fromString(stored.id()),
                stored.partitions(),
                stored.replicationFactor(),
                stored.configs() == null ? Map.of() : stored.configs(),
                stored.assignments() == null ? List.of() : stored.assignments());
    }
}
