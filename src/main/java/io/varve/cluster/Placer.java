package io.varve.cluster;

import io.varve.cluster.BrokerRegistration.Announcement;
import io.varve.cluster.BrokerRegistration.Phase;
import io.varve.cluster.PlacementState.Assigned;
import io.varve.cluster.PlacementState.Site;
import io.varve.cluster.PlacementState.Step;
import io.varve.metadata.MetadataException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.utils.Time;
import org.jboss.logging.Logger;

/**
 * Spreads partitions over the brokers by changing the assignments of topics ({@link PlacementPlan} says how), on the one broker that has the seat
 * ({@link PlacerSeat}); owners follow the assignments by themselves. A few moves at a time: no more before the earlier ones have happened. What it changes
 * is as safe as what a person changes: it decides where partitions ought to be, never who may write. One call at a time.
 */
public final class Placer {
    private static final Logger LOG = Logger.getLogger(Placer.class);

    /** A move that has not happened for so long keeps no other one waiting. */
    private static final long STUCK_MILLIS = 300_000;

    /** Reports of load are up to so old: what an exchange has brought is seen after it. */
    private static final long LOAD_PAUSE_MILLIS = 120_000;

    /**
     * How it goes about it.
     *
     * @param goneAfterMillis after which a broker's places are given to others; -1 for never
     * @param parallelMoves how many partitions may be on their way
     */
    public record Settings(long goneAfterMillis, int parallelMoves) {}

    private final Settings settings;
    private final PlacerSeat seat;
    private final LiveBrokers brokers;
    private final TopicRegistry topics;
    private final Owners owners;
    private final LoadReports loads;
    private final Time time;
    private final Map<PartitionId, Issued> issued = new LinkedHashMap<>();
    private boolean wasPlacer;
    private long loadAgainMillis;

    /** A move that was decided here and that may not have happened yet. */
    private record Issued(Step step, long atMillis) {}

    public Placer(
            Settings settings,
            PlacerSeat seat,
            LiveBrokers brokers,
            TopicRegistry topics,
            Owners owners,
            LoadReports loads,
            Time time) {
        this.settings = settings;
        this.seat = seat;
        this.brokers = brokers;
        this.topics = topics;
        this.owners = owners;
        this.loads = loads;
        this.time = time;
    }

    /** Looks once, and moves what is due when this broker is the placer. Blocks. */
    public void run() {
        try {
            round();
        } catch (MetadataException e) {
            LOG.warnf("cannot place partitions now, will try again. cause=%s", e.getMessage());
        }
    }

    private void round() {
        long now = time.milliseconds();
        boolean isPlacer = seat.take(now);
        if (isPlacer != wasPlacer) {
            LOG.infof(
                    isPlacer
                            ? "this broker places partitions now. broker=%d"
                            : "this broker no longer places partitions. broker=%d",
                    brokers.self());
            wasPlacer = isPlacer;
            issued.clear();
        }
        if (!isPlacer) {
            return;
        }
        Map<Integer, Long> absent = absent(now);
        seat.remember(absent);
        int room = settings.parallelMoves() - underWay(now);
        if (room > 0) {
            PlacementPlan.steps(state(absent, now), room).forEach(step -> apply(step, now));
        }
    }

    /** Brokers that partitions are assigned to and that are not there, and since when. */
    private Map<Integer, Long> absent(long now) {
        Map<Integer, Long> absent = new TreeMap<>();
        for (Topic topic : topics.all()) {
            for (List<Integer> assigned : topic.assignments()) {
                for (int broker : assigned) {
                    if (!owners.isLive(broker)) {
                        absent.putIfAbsent(broker, seat.gone().getOrDefault(broker, now));
                    }
                }
            }
        }
        return absent;
    }

    /** How many partitions are on their way: those that this placer has moved, and those that others have. */
    private int underWay(long now) {
        issued.values().removeIf(move -> hasHappened(move.step()) || isStuck(move, now));
        Set<PartitionId> moving = new HashSet<>(issued.keySet());
        List<Announcement> known = brokers.announcements();
        for (Topic topic : topics.all()) {
            for (int index = 0; index < topic.partitions(); index++) {
                PartitionId id = new PartitionId(topic.id(), index);
                if (Move.of(topic.assignment(index), owners.of(id), known).isPresent()) {
                    moving.add(id);
                }
            }
        }
        return moving.size();
    }

    private boolean hasHappened(Step step) {
        Optional<Topic> topic = topics.byId(step.id().topicId());
        if (topic.isEmpty() || !topic.get().assignment(step.id().partition()).equals(step.to())) {
            // Gone, or somebody else has moved it since.
            return true;
        }
        Leadership.Leader leader = owners.of(step.id());
        return leader.broker() == step.to().getFirst()
                && Move.of(step.to(), leader, brokers.announcements()).isEmpty();
    }

    private static boolean isStuck(Issued move, long now) {
        boolean isStuck = now - move.atMillis() >= STUCK_MILLIS;
        if (isStuck) {
            LOG.warnf(
                    "a partition has not gone where it was assigned to, others are moved meanwhile. topic=%s partition=%d to=%s",
                    move.step().topic(),
                    move.step().id().partition(),
                    move.step().to());
        }
        return isStuck;
    }

    private PlacementState state(Map<Integer, Long> absent, long now) {
        List<Site> sites = brokers.announcements().stream()
                .filter(broker -> broker.phase() == Phase.SERVING)
                .map(broker -> new Site(broker.id(), Placement.rack(broker)))
                .toList();
        Map<Integer, Long> gone = new HashMap<>(absent);
        gone.values().removeIf(since -> settings.goneAfterMillis() < 0 || now - since < settings.goneAfterMillis());
        Map<PartitionId, Long> load = now >= loadAgainMillis ? loads.bytesPerSecond() : Map.of();
        List<Assigned> partitions = new ArrayList<>();
        for (Topic topic : topics.all()) {
            for (int index = 0; index < topic.partitions(); index++) {
                PartitionId id = new PartitionId(topic.id(), index);
                List<Integer> assigned = topic.assignment(index);
                if (!assigned.isEmpty()) {
                    partitions.add(new Assigned(
                            topic.name(),
                            id,
                            assigned,
                            topic.isByHand(index) || issued.containsKey(id),
                            load.getOrDefault(id, 0L)));
                }
            }
        }
        // So that the same picture is always looked at in the same order.
        partitions.sort((one, other) -> one.id().compareTo(other.id()));
        return new PlacementState(sites, gone, partitions);
    }

    private void apply(Step step, long now) {
        Topic topic = topics.byId(step.id().topicId()).orElse(null);
        if (topic == null) {
            return;
        }
        int partition = step.id().partition();
        try {
            Topic changed =
                    topics.reassign(topic, seen -> seen.moved(partition, step.from(), step.to(), step.why(), now));
            if (changed.assignment(partition).equals(step.to())) {
                LOG.infof(
                        "moving a partition. topic=%s partition=%d from=%s to=%s why=%s",
                        step.topic(), partition, step.from(), step.to(), step.why());
                issued.put(step.id(), new Issued(step, now));
                loadAgainMillis = now + LOAD_PAUSE_MILLIS;
            }
        } catch (UnknownTopicOrPartitionException e) {
            LOG.debugf("not moved: the topic is gone. topic=%s", step.topic());
        }
    }
}
