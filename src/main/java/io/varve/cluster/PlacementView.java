package io.varve.cluster;

import io.varve.cluster.BrokerRegistration.Announcement;
import io.varve.cluster.Leadership.Leader;
import io.varve.cluster.PartitionRecord.Member;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Where everything is and why, for people. Answers from memory. Thread-safe. */
public final class PlacementView {
    private final TopicRegistry topics;
    private final Owners owners;
    private final LiveBrokers brokers;
    private final PlacerSeat seat;

    public PlacementView(TopicRegistry topics, Owners owners, LiveBrokers brokers, PlacerSeat seat) {
        this.topics = topics;
        this.owners = owners;
        this.brokers = brokers;
        this.seat = seat;
    }

    /**
     * A broker.
     *
     * @param state {@code serving}, {@code starting}, {@code stopping} or {@code gone}
     * @param owned partitions that it owns now
     * @param assigned partitions that it is to have a copy of
     * @param preferred partitions that it is to own
     * @param goneSince when the placer first missed it; null while it is there, and when nobody has missed it yet
     */
    public record BrokerState(
            int id,
            @Nullable String rack,
            String state,
            int owned,
            int assigned,
            int preferred,
            @Nullable String goneSince) {}

    /** A partition on its way to other brokers. */
    public record Moving(String topic, int partition, List<Integer> from, List<Integer> to) {}

    /**
     * The cluster.
     *
     * @param placer the broker that places partitions; null when there is none now
     */
    public record Overview(
            @Nullable Integer placer, @Nullable String placerSince, List<BrokerState> brokers, List<Moving> moving) {}

    /**
     * A partition.
     *
     * @param owner null when nobody owns it now
     * @param assigned the preferred owner first
     * @param why in a sentence
     */
    public record Place(int partition, @Nullable Integer owner, List<Integer> assigned, String why) {}

    /** Who is there with how much, and what is on its way. */
    public Overview overview() {
        Map<Integer, Integer> owned = new HashMap<>();
        Map<Integer, Integer> assigned = new HashMap<>();
        Map<Integer, Integer> preferred = new HashMap<>();
        List<Moving> moving = new ArrayList<>();
        List<Announcement> known = brokers.announcements();
        for (Topic topic : topics.all()) {
            for (int index = 0; index < topic.partitions(); index++) {
                List<Integer> places = topic.assignment(index);
                Leader leader = owners.of(new PartitionId(topic.id(), index));
                owned.merge(leader.broker(), 1, Integer::sum);
                places.forEach(broker -> assigned.merge(broker, 1, Integer::sum));
                places.stream().limit(1).forEach(broker -> preferred.merge(broker, 1, Integer::sum));
                if (Move.of(places, leader, known).isPresent()) {
                    moving.add(new Moving(topic.name(), index, leader.replicas(), places));
                }
            }
        }
        TreeSet<Integer> ids = new TreeSet<>(assigned.keySet());
        known.forEach(broker -> ids.add(broker.id()));
        List<BrokerState> states = ids.stream()
                .map(id -> new BrokerState(
                        id,
                        brokers.find(id).map(Announcement::rack).orElse(null),
                        state(id),
                        owned.getOrDefault(id, 0),
                        assigned.getOrDefault(id, 0),
                        preferred.getOrDefault(id, 0),
                        owners.isLive(id) ? null : since(id)))
                .toList();
        PlacerSeat.Elected elected = seat.elected().orElse(null);
        return new Overview(
                elected == null ? null : elected.broker(),
                elected == null ? null : PlacementPlan.at(elected.sinceMillis()),
                states,
                moving);
    }

    private String state(int broker) {
        return brokers.find(broker)
                .map(each -> each.phase().name().toLowerCase(Locale.ROOT))
                .orElse("gone");
    }

    private @Nullable String since(int broker) {
        Long millis = seat.gone().get(broker);
        return millis == null ? null : PlacementPlan.at(millis);
    }

    /** Where each partition of a topic is, and why. */
    public List<Place> places(Topic topic) {
        return IntStream.range(0, topic.partitions())
                .mapToObj(index -> place(topic, index))
                .toList();
    }

    private Place place(Topic topic, int index) {
        PartitionId id = new PartitionId(topic.id(), index);
        Leader leader = owners.of(id);
        List<Integer> assigned = topic.assignment(index);
        String why = ownership(id, leader, assigned) + history(topic.placed(index));
        return new Place(index, leader.broker() == PartitionRecord.NO_OWNER ? null : leader.broker(), assigned, why);
    }

    private String ownership(PartitionId id, Leader leader, List<Integer> assigned) {
        if (leader.broker() == PartitionRecord.NO_OWNER) {
            return withoutOwner(id);
        }
        if (assigned.isEmpty()) {
            return "broker " + leader.broker() + " owns it; it is assigned to nobody";
        }
        if (Move.of(assigned, leader, brokers.announcements()).isPresent()) {
            return "a move is under way: from brokers " + list(leader.replicas()) + " to " + list(assigned);
        }
        int preferred = assigned.getFirst();
        if (leader.broker() == preferred) {
            return "broker " + preferred + " is its preferred owner";
        }
        String standsIn = "broker " + leader.broker() + " stands in for broker " + preferred;
        if (!owners.isLive(preferred)) {
            String since = since(preferred);
            return standsIn + ", which is gone" + (since == null ? "" : " since " + since);
        }
        return owners.isServing(preferred)
                ? standsIn + ", which is there and gets it back soon (leader.imbalance.check.interval.seconds)"
                : standsIn + ", which is " + state(preferred);
    }

    private String withoutOwner(PartitionId id) {
        int next = owners.ownerOf(id);
        if (next != PartitionRecord.NO_OWNER) {
            return "broker " + next + " (" + state(next) + ") is taking it over";
        }
        String holders = owners.record(id).map(PartitionRecord::holdersOfTheEnd).orElse(List.of()).stream()
                .map(Member::broker)
                .map(String::valueOf)
                .collect(Collectors.joining(", "));
        return "nobody can serve it: its end is only on disks of brokers that are gone or have another disk now ("
                + holders + ")";
    }

    private static String history(Placed placed) {
        return switch (placed.by()) {
            case null -> "";
            case HAND -> "; reassigned by hand at " + PlacementPlan.at(placed.atMillis());
            case PLACER -> "; the placer moved it at " + PlacementPlan.at(placed.atMillis()) + ": " + placed.why();
        };
    }

    private static String list(Collection<Integer> ids) {
        return ids.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
}
