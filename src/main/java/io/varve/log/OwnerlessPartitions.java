package io.varve.log;

import io.varve.cluster.Owners;
import io.varve.cluster.PartitionId;
import io.varve.cluster.PartitionRecord;
import io.varve.cluster.PartitionRecord.Member;
import io.varve.cluster.Topic;
import io.varve.cluster.TopicRegistry;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The partitions of the cluster that no live broker can serve: every member of an ensemble is gone, or the only disk that has the end. Worked out
 * from memory when somebody asks; every broker says the same. Thread-safe.
 */
final class OwnerlessPartitions {
    private final TopicRegistry topics;
    private final Owners owners;

    OwnerlessPartitions(TopicRegistry topics, Owners owners) {
        this.topics = topics;
        this.owners = owners;
    }

    /** How many there are. */
    int count() {
        return all().size();
    }

    /** How many there are, which is the first of them, and what it waits for. */
    Optional<String> warning() {
        SortedMap<String, PartitionId> all = all();
        if (all.isEmpty()) {
            return Optional.empty();
        }
        var first = all.firstEntry();
        return Optional.of(all.size() + " partitions have no broker that can serve them, first: " + first.getKey() + " "
                + waitsFor(first.getValue()));
    }

    private String waitsFor(PartitionId id) {
        Optional<PartitionRecord> record = owners.record(id);
        if (record.isEmpty() || record.get().holdersOfTheEnd().isEmpty()) {
            return "waits for any broker that lives";
        }
        String brokers = record.get().holdersOfTheEnd().stream()
                .map(Member::broker)
                .distinct()
                .map(String::valueOf)
                .collect(Collectors.joining(" or "));
        return "waits for broker " + brokers + ", whose disk has its newest records: start it, or set"
                + " unclean.leader.election.enable=true on the topic to give up what is only there";
    }

    /** By topic and number, so that what is said first does not change from one look to the next. */
    private SortedMap<String, PartitionId> all() {
        var ownerless = new TreeMap<String, PartitionId>();
        for (Topic topic : topics.all()) {
            for (int index = 0; index < topic.partitions(); index++) {
                PartitionId id = new PartitionId(topic.id(), index);
                if (owners.ownerOf(id) == PartitionRecord.NO_OWNER) {
                    ownerless.put(topic.name() + "-" + index, id);
                }
            }
        }
        return ownerless;
    }
}
