package io.varve.cluster;

import io.varve.cluster.BrokerRegistration.Announcement;
import io.varve.cluster.BrokerRegistration.Phase;
import io.varve.cluster.PartitionRecord.Member;
import io.varve.cluster.PartitionRecord.OpenSegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Which broker each partition belongs to, worked out by every broker for itself from the same things: the partition's record, the live
 * brokers, the topic's assignment. An owner stays the owner for as long as it lives. When it is gone:
 *
 * <ul>
 *   <li>only a broker whose disk has the end of the partition can go on (rule 4): of those that live the first one that serves does, else the
 *       first;
 *   <li>when all of it is in the object store, or the end is lost and the topic gives it up, the first live broker of the assignment does, or any other when none of those lives.
 * </ul>
 *
 * Two brokers that see things at different moments may both think that they are meant. That costs one of them a compare-and-swap and
 * nothing else (rule 1). Answers from memory. Thread-safe.
 */
public final class Owners implements Leadership {
    private final TopicRegistry topics;
    private final PartitionMap records;
    private final LiveBrokers brokers;
    private final Predicate<Topic> allowsLoss;

    /** @param allowsLoss whether a topic's lost ends may be given up ({@code unclean.leader.election.enable}) */
    public Owners(TopicRegistry topics, PartitionMap records, LiveBrokers brokers, Predicate<Topic> allowsLoss) {
        this.topics = topics;
        this.records = records;
        this.brokers = brokers;
        this.allowsLoss = allowsLoss;
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

    /** The same, with its version. */
    public Optional<PartitionRecords.Versioned> versioned(PartitionId id) {
        return records.versioned(id);
    }

    /** The broker that owns the partition or has to take it over now; {@link PartitionRecord#NO_OWNER} when none can. */
    public int ownerOf(PartitionId id) {
        return records.find(id).map(record -> ownerOf(id, record)).orElseGet(() -> first(preferred(id)));
    }

    /** As {@link #ownerOf(PartitionId)}, for a record that was read just now. */
    public int ownerOf(PartitionId id, PartitionRecord record) {
        if (isLive(record.owner())) {
            return record.owner();
        }
        List<Member> holders = record.holdersOfTheEnd();
        List<Integer> live = live(holders);
        boolean mayBeAnyone = holders.isEmpty()
                || (live.isEmpty()
                        && topics.byId(id.topicId()).filter(allowsLoss).isPresent());
        return first(mayBeAnyone ? preferred(id) : live);
    }

    /**
     * Who takes the partition when this broker gives it up: one that has a copy of its end, if there is one; nobody that stops as well.
     * {@link PartitionRecord#NO_OWNER} when there is nobody else.
     */
    public int successor(PartitionId id) {
        List<Integer> others = new ArrayList<>(
                live(records.find(id).map(PartitionRecord::holdersOfTheEnd).orElse(List.of())));
        others.addAll(preferred(id));
        others.removeIf(broker -> broker == brokers.self() || phase(broker) == Phase.STOPPING);
        return first(others);
    }

    /** Live brokers for the partition, best first: of those that serve those it is assigned to, then all others; then those that start; then those that stop. */
    public List<Integer> preferred(PartitionId id) {
        List<Integer> live = new ArrayList<>();
        for (int assigned : assigned(id)) {
            if (isLive(assigned)) {
                live.add(assigned);
            }
        }
        for (int other : Placement.ranked(id, brokers.announcements())) {
            if (!live.contains(other)) {
                live.add(other);
            }
        }
        return servingFirst(live);
    }

    /** In the same order otherwise. */
    private List<Integer> servingFirst(List<Integer> live) {
        return live.stream().sorted(Comparator.comparing(this::phase)).toList();
    }

    private Phase phase(int broker) {
        return brokers.find(broker).map(Announcement::phase).orElse(Phase.STOPPING);
    }

    /** Whether a broker lives and serves clients: what is not on its disk yet can be given to it. */
    public boolean isServing(int broker) {
        return brokers.find(broker)
                .filter(each -> each.phase() == Phase.SERVING)
                .isPresent();
    }

    /**
     * The ensemble that a new segment should get: this broker first, then others that live and do not stop, those that the partition is assigned to
     * before those that stand in for them, on as many racks as there are. One more while this broker is not one that it is assigned to: who gets it
     * next has a copy then, and clients need not wait for it.
     *
     * @param size of the ensemble; fewer when there are not as many
     * @param except members to leave out
     */
    public List<Member> ensemble(PartitionId id, int size, Set<Member> except) {
        Announcement self = brokers.find(brokers.self()).orElseThrow();
        List<Announcement> candidates = new ArrayList<>();
        for (int broker : preferred(id)) {
            brokers.find(broker)
                    .filter(each -> each.id() != self.id()
                            && each.phase() != Phase.STOPPING
                            && each.internal() != null
                            && each.disk() != null
                            && !except.contains(member(each)))
                    .ifPresent(candidates::add);
        }
        List<Integer> assigned = assigned(id);
        boolean isLeaving = assigned.stream().anyMatch(this::isServing) && !assigned.contains(self.id());
        return Placement.ensemble(self, candidates, assigned, isLeaving ? size + 1 : size).stream()
                .map(Owners::member)
                .toList();
    }

    private static Member member(Announcement broker) {
        return new Member(broker.id(), Objects.requireNonNull(broker.disk()));
    }

    /** Whether another broker than this one, that lives, has a copy. */
    public boolean isElsewhere(List<Member> ensemble) {
        return ensemble.stream().anyMatch(member -> member.broker() != brokers.self() && isLive(member));
    }

    /** Whether a broker lives. */
    public boolean isLive(int broker) {
        return brokers.find(broker).isPresent();
    }

    /** Whether a member's broker lives, with the disk that it had. */
    public boolean isLive(Member member) {
        return brokers.find(member.broker())
                .filter(broker -> member.disk().equals(broker.disk()))
                .isPresent();
    }

    /** The brokers that the partition is assigned to, the preferred owner first; empty when it may be anywhere. */
    public List<Integer> assigned(PartitionId id) {
        return topics.byId(id.topicId())
                .map(topic -> topic.assignment(id.partition()))
                .orElse(List.of());
    }

    /** How the partition came to its assignment. */
    public Placed placed(PartitionId id) {
        return topics.byId(id.topicId())
                .map(topic -> topic.placed(id.partition()))
                .orElse(Placed.NEVER);
    }

    private static int first(List<Integer> candidates) {
        return candidates.isEmpty() ? PartitionRecord.NO_OWNER : candidates.getFirst();
    }

    /** Those that serve first. A broker that came back with another disk is not the member that it was. */
    private List<Integer> live(List<Member> members) {
        return servingFirst(
                members.stream().filter(this::isLive).map(Member::broker).toList());
    }

    @Override
    public Leader of(PartitionId id) {
        Optional<PartitionRecord> record = records.find(id);
        int owner = ownerOf(id);
        List<Integer> replicas = replicas(id, record.orElse(null), owner);
        if (record.isEmpty()) {
            return new Leader(owner, 0, replicas, liveOf(replicas));
        }
        // Whoever is about to take it over does not serve it yet.
        int serving = owner == record.get().owner() ? owner : PartitionRecord.NO_OWNER;
        OpenSegment open = record.get().open();
        List<Integer> inSync = open != null ? live(open.ensemble()) : liveOf(replicas);
        return new Leader(
                serving, record.get().epoch(), replicas, serving == PartitionRecord.NO_OWNER ? List.of() : inSync);
    }

    /**
     * The owner, the other members of the ensemble, and those that would be members if they were there. In the order of the assignment, as tools of
     * Kafka take the first for the preferred leader; those that stand in come last.
     */
    private List<Integer> replicas(PartitionId id, @Nullable PartitionRecord record, int owner) {
        Set<Integer> replicas = new LinkedHashSet<>();
        if (owner != PartitionRecord.NO_OWNER) {
            replicas.add(owner);
        } else if (record != null) {
            replicas.add(record.owner());
        }
        if (record != null && record.open() != null) {
            record.open().ensemble().forEach(member -> replicas.add(member.broker()));
        }
        int factor = topics.byId(id.topicId())
                .map(topic -> topic.replicas(id.partition()))
                .orElse(1);
        for (int assigned : assigned(id)) {
            if (replicas.size() < factor) {
                replicas.add(assigned);
            }
        }
        List<Integer> ordered = new ArrayList<>(assigned(id));
        ordered.retainAll(replicas);
        replicas.removeAll(ordered);
        ordered.addAll(replicas);
        return List.copyOf(ordered);
    }

    private List<Integer> liveOf(List<Integer> replicas) {
        return replicas.stream().filter(this::isLive).toList();
    }
}
