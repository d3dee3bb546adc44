package io.varve.chaos;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicPartition;

/** What a consumer group has read and committed: commits never go back, and a member begins where the group is. Thread-safe. */
final class GroupLedger {
    private final String group;
    private final Violations violations;

    /** The largest offset of a commit that was answered. */
    private final Map<TopicPartition, Long> answered = new ConcurrentHashMap<>();

    /** The largest committed offset that was seen. */
    private final Map<TopicPartition, Long> seen = new ConcurrentHashMap<>();

    /** One after the last record that any member has read. */
    private final Map<TopicPartition, Long> read = new ConcurrentHashMap<>();

    GroupLedger(String group, Violations violations) {
        this.group = group;
        this.violations = violations;
    }

    String group() {
        return group;
    }

    /** What is certainly committed by now: the largest offset of a commit that was answered, or that was seen. */
    long committed(TopicPartition partition) {
        return Math.max(answered.getOrDefault(partition, 0L), seen.getOrDefault(partition, 0L));
    }

    /** A commit was answered. */
    void committed(TopicPartition partition, long offset) {
        answered.merge(partition, offset, Math::max);
    }

    /** The committed offset was asked for when {@code floor} was certain, and this was the answer; -1 for none. */
    void observed(TopicPartition partition, long floor, long offset) {
        if (offset < floor) {
            violations.add("group " + group + ", " + partition + ": the committed offset went back to " + offset
                    + ", it was at least " + floor);
        }
        seen.merge(partition, offset, Math::max);
    }

    /** What a member reads of one partition from when it was assigned until it is given up: one after the other, begun where the group is. */
    Assigned assigned(String member, TopicPartition partition) {
        // Without what was only seen: a member in another process may have read, committed and been seen before its
        // words arrive here.
        return new Assigned(member, partition, answered.getOrDefault(partition, 0L));
    }

    /** Not thread-safe. */
    final class Assigned {
        private final String member;
        private final TopicPartition partition;
        private final long floor;
        private long next = -1;

        private Assigned(String member, TopicPartition partition, long floor) {
            this.member = member;
            this.partition = partition;
            this.floor = floor;
        }

        void read(long offset) {
            long known = read.getOrDefault(partition, 0L);
            if (next < 0 && offset < floor) {
                violations.add(
                        words() + " begins at " + offset + " although " + floor + " was committed before it joined");
            } else if (next < 0 && offset > known) {
                violations.add(
                        words() + " begins at " + offset + " although nobody of the group has read beyond " + known);
            } else if (next >= 0 && offset != next) {
                violations.add(words() + " read " + offset + " where " + next + " was due");
            }
            next = offset + 1;
            read.merge(partition, next, Math::max);
        }

        private String words() {
            return "group " + group + ", " + partition + ": member " + member;
        }
    }
}
