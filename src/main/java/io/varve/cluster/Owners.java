package io.varve.cluster;

import io.varve.cluster.BrokerRegistration.Announcement;
import io.varve.cluster.PartitionRecord.Member;
import io.varve.cluster.PartitionRecord.OpenSegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which broker each partition belongs to, worked out by every broker for itself from the same things: the partition's record, the live
 * brokers, the topic's assignment. An owner stays the owner for as long as it lives. When it is gone:
 *
 * <ul>
 *   <li>only a broker whose disk has the end of the partition can go on (rule 4): of those that live the first one does;
 *   <li>when all of it is in the object store, the first live broker of the assignment does, or any other when none of those lives.
 * </ul>
 *
 * Two brokers that see things at different moments may both think that they are meant. That costs one of them a compare-and-swap and
 * nothing else (rule 1). Answers from memory. Thread-safe.
 */
public final class Owners implements Leadership {
    private final TopicRegistry topics;
    private final PartitionMap records;
    private final LiveBrokers brokers;

    public Owners(TopicRegistry topics, PartitionMap records, LiveBrokers brokers) {
        this.topics = topics;
        this.records = records;
        this.brokers = brokers;
    }

    /** Hears that the owner of a partition may have changed; on a watch's thread, so it must be quick and must not throw. */
    public interface Listener {
        /** This one's record has changed. */
        void onPartition(PartitionId id);

        /** A broker has come or gone. */
        void onBrokers();
    }

    public void addListener(Listener listener) {
        records.addListener(listener::onPartition);
        brokers.addListener(listener::onBrokers);
    }

    /** The partition's record as it was last seen. */
    public Optional<PartitionRecord> record(PartitionId id) {
        return records.find(id);
    }

    /** The broker that owns the partition or has to take it over now; {@link PartitionRecord#NO_OWNER} when none can. */
    public int ownerOf(PartitionId id) {
        return records.find(id).map(record -> ownerOf(id, record)).orElseGet(() -> first(preferred(id)));
    }

    /** As {@link #ownerOf(PartitionId)}, for a record that was read just now. */
    public int ownerOf(PartitionId id, PartitionRecord record) {
        if (brokers.find(record.owner()).isPresent()) {
            return record.owner();
        }
        List<Member> holders = record.holdersOfTheEnd();
        return holders.isEmpty() ? first(preferred(id)) : first(live(holders));
    }

    /** Who takes the partition when this broker gives it up; {@link PartitionRecord#NO_OWNER} when there is nobody else. */
    public int successor(PartitionId id) {
        List<Integer> others = new ArrayList<>(preferred(id));
        others.removeIf(broker -> broker == brokers.self());
        return first(others);
    }

    /** Live brokers for the partition, best first: those it is assigned to, then all others. */
    public List<Integer> preferred(PartitionId id) {
        List<Integer> live = new ArrayList<>();
        for (int assigned : assigned(id)) {
            if (brokers.find(assigned).isPresent()) {
                live.add(assigned);
            }
        }
        for (int other : Placement.ranked(id, brokers.announcements())) {
            if (!live.contains(other)) {
                live.add(other);
            }
        }
        return live;
    }

    private List<Integer> assigned(PartitionId id) {
        return topics.byId(id.topicId())
                .map(topic -> topic.assignment(id.partition()))
                .orElse(List.of());
    }

    private static int first(List<Integer> candidates) {
        return candidates.isEmpty() ? PartitionRecord.NO_OWNER : candidates.getFirst();
    }

    /** A broker that came back with another disk is not the member that it was. */
    private List<Integer> live(List<Member> members) {
        List<Integer> live = new ArrayList<>();
        for (Member member : members) {
            Optional<Announcement> broker = brokers.find(member.broker());
            if (broker.isPresent() && member.disk().equals(broker.get().disk())) {
                live.add(member.broker());
            }
        }
        return live;
    }

    @Override
    public Leader of(PartitionId id) {
        Optional<PartitionRecord> record = records.find(id);
        int owner = ownerOf(id);
        if (record.isEmpty()) {
            List<Integer> replicas = owner == PartitionRecord.NO_OWNER ? List.of() : List.of(owner);
            return new Leader(owner, 0, replicas, replicas);
        }
        // Whoever is about to take it over does not serve it yet.
        int serving = owner == record.get().owner() ? owner : PartitionRecord.NO_OWNER;
        List<Integer> replicas = replicas(record.get(), owner);
        return new Leader(
                serving, record.get().epoch(), replicas, serving == PartitionRecord.NO_OWNER ? List.of() : replicas);
    }

    private static List<Integer> replicas(PartitionRecord record, int owner) {
        OpenSegment open = record.open();
        if (open != null) {
            return open.ensemble().stream().map(Member::broker).toList();
        }
        return List.of(owner == PartitionRecord.NO_OWNER ? record.owner() : owner);
    }
}
