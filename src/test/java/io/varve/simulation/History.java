package io.varve.simulation;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What the clients of one partition have done and were told, and whether it can be true (rules 3, 5 and 6). */
final class History {
    private final String partition;
    private final Set<String> sent = new HashSet<>();
    private final TreeMap<Long, String> acknowledged = new TreeMap<>();
    private final TreeMap<Long, String> read = new TreeMap<>();
    private final Map<String, Long> placeOf = new HashMap<>();
    private long highWatermark;

    History(String partition) {
        this.partition = partition;
    }

    String partition() {
        return partition;
    }

    void sent(String value) {
        sent.add(value);
    }

    void acknowledged(long offset, String value) {
        place(offset, value, "acknowledged");
        acknowledged.put(offset, value);
    }

    void read(long offset, String value) {
        if (!sent.contains(value)) {
            throw violation("offset " + offset + " holds " + value + ", which nobody has sent");
        }
        place(offset, value, "read");
        read.put(offset, value);
    }

    private void place(long offset, String value, String how) {
        String other = acknowledged.getOrDefault(offset, read.getOrDefault(offset, value));
        if (!other.equals(value)) {
            throw violation(value + " was " + how + " at offset " + offset + ", where " + other + " was "
                    + (acknowledged.containsKey(offset) ? "acknowledged" : "read") + " before");
        }
        Long before = placeOf.putIfAbsent(value, offset);
        if (before != null && before != offset) {
            throw violation(value + " was " + how + " at offset " + offset + " and is also at offset " + before);
        }
    }

    /** An owner that may serve reads showed this high watermark. */
    void highWatermark(long shown, int broker) {
        if (shown < highWatermark) {
            throw violation("the high watermark went back from " + highWatermark + " to " + shown + " on broker "
                    + broker + " (rule 6)");
        }
        highWatermark = shown;
    }

    long highWatermark() {
        return highWatermark;
    }

    int acknowledgements() {
        return acknowledged.size();
    }

    /** Everything was read from the start to {@code end} by one consumer, in the end: now nothing may be missing. */
    void complete(Map<Long, String> all) {
        acknowledged.forEach((offset, value) -> {
            if (!value.equals(all.get(offset))) {
                throw violation(value + " was acknowledged at offset " + offset + ", where now " + all.get(offset)
                        + " is (rule 3)");
            }
        });
        read.forEach((offset, value) -> {
            if (!value.equals(all.get(offset))) {
                throw violation(
                        value + " was read at offset " + offset + ", where now " + all.get(offset) + " is (rule 6)");
            }
        });
        Map<String, Integer> last = new HashMap<>();
        List<Long> offsets = new ArrayList<>(new TreeMap<>(all).keySet());
        for (long offset : offsets) {
            String value = String.valueOf(all.get(offset));
            String producer = value.substring(0, value.indexOf('-'));
            int number = Integer.parseInt(value.substring(value.indexOf('-') + 1));
            Integer before = last.put(producer, number);
            if (before != null && number <= before) {
                throw violation(value + " comes behind " + producer + "-" + before);
            }
        }
    }

    AssertionError violation(String words) {
        return new AssertionError("partition " + partition + ": " + words);
    }
}
