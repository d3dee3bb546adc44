package io.varve.cluster;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.varve.cluster.Placed.By;
import io.varve.metadata.Entry;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
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
        @Nullable List<List<Integer>> assignments,
        @Nullable Map<Integer, Note> placed) {
    static final String PREFIX = "topics/";
    private static final int VERSION = 1;

    /**
     * How a partition was placed.
     *
     * @param by null for nobody, and for who a newer version of Varve knows
     */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    record Note(
            @Nullable String by,
            @Nullable String why,
            long at,
            @Nullable Integer elections) {
        static Note of(Placed placed) {
            By by = placed.by();
            return new Note(
                    by == null ? null : by.name().toLowerCase(Locale.ROOT),
                    placed.why(),
                    placed.atMillis(),
                    placed.elections() == 0 ? null : placed.elections());
        }

        Placed placed() {
            By known = Arrays.stream(By.values())
                    .filter(each -> each.name().equalsIgnoreCase(by))
                    .findFirst()
                    .orElse(null);
            return new Placed(known, why == null ? "" : why, at, elections == null ? 0 : elections);
        }
    }

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
                topic.assignments(),
                notes(topic)));
    }

    private static Map<Integer, Note> notes(Topic topic) {
        Map<Integer, Note> notes = new TreeMap<>();
        topic.placed().forEach((partition, placed) -> notes.put(partition, Note.of(placed)));
        return notes;
    }

    private static Map<Integer, Placed> placed(@Nullable Map<Integer, Note> notes) {
        Map<Integer, Placed> placed = new HashMap<>();
        if (notes != null) {
            notes.forEach((partition, note) -> placed.put(partition, note.placed()));
        }
        return placed;
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
                stored.assignments() == null ? List.of() : stored.assignments(),
                placed(stored.placed()));
    }
}
