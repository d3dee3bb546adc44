package io.varve.cluster;

import io.varve.cluster.PlacementSketch.Load;
import io.varve.cluster.PlacementState.Assigned;
import io.varve.cluster.PlacementState.Step;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * What the placer does: a pure function of a picture of the cluster, the same for the same picture. In this order:
 *
 * <ol>
 *   <li>places of brokers that are gone go to others, also where somebody chose them by hand;
 *   <li>copies of a partition go to different racks where there are enough;
 *   <li>every broker that serves gets as many places (copies) as the others, and owns as many partitions, as far as racks allow;
 *   <li>when all that is so: partitions with much traffic change owners with some that have little.
 * </ol>
 *
 * A broker may differ by a tenth from the mean, or by one, before anything is moved for the sake of numbers, and by a quarter for the sake of bytes; each
 * such step makes the difference of two brokers smaller, so that it comes to an end. No assignment gets shorter or longer, or names a broker twice.
 */
final class PlacementPlan {
    /** By so much of the mean a broker may have more or less than it. */
    private static final double TOLERANCE = 0.1;

    private static final double BYTES_TOLERANCE = 0.25;

    /** Bytes a second: less of a difference than this is not worth a move. */
    private static final long BYTES_FLOOR = 1 << 20;

    /** Partitions of a broker that are looked at for an exchange, those with most traffic. */
    private static final int EXCHANGE_CANDIDATES = 50;

    private final PlacementSketch sketch;
    private final int most;

    private PlacementPlan(PlacementState state, int most) {
        this.sketch = new PlacementSketch(state);
        this.most = most;
    }

    /**
     * The next steps, each with its reason.
     *
     * @param most about so many: steps that only make sense together are not torn apart
     */
    static List<Step> steps(PlacementState state, int most) {
        if (state.brokers().isEmpty() || most <= 0) {
            return List.of();
        }
        PlacementPlan plan = new PlacementPlan(state, most);
        plan.replaceGone();
        plan.spreadRacks();
        plan.balance(Load::places, plan::movePlace);
        plan.balance(Load::owned, plan::moveOwner);
        if (plan.sketch.size() == 0) {
            plan.balanceBytes();
        }
        return plan.sketch.steps();
    }

    private boolean isFull() {
        return sketch.size() >= most;
    }

    private void replaceGone() {
        Map<Integer, Long> gone = sketch.state().gone();
        for (Assigned partition : sketch.state().partitions()) {
            for (int broker : partition.brokers()) {
                if (!isFull() && gone.containsKey(broker)) {
                    replace(partition, broker, gone.get(broker));
                }
            }
        }
    }

    /** The others go on as they are, those that are there first: they have copies. Where nobody is left to take the place, it stays. */
    private void replace(Assigned partition, int broker, long sinceMillis) {
        List<Integer> others = new ArrayList<>(sketch.assigned(partition));
        others.remove(Integer.valueOf(broker));
        Integer substitute = sketch.best(others, _ -> true);
        if (substitute == null) {
            return;
        }
        List<Integer> next = new ArrayList<>(others);
        next.add(substitute);
        next.sort(Comparator.comparing(each -> !sketch.isServing(each)));
        sketch.change(partition, next, "broker " + broker + " is gone since " + at(sinceMillis));
    }

    static String at(long millis) {
        return Instant.ofEpochMilli(millis).truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private void spreadRacks() {
        for (Assigned partition : sketch.movable().toList()) {
            if (isFull()) {
                return;
            }
            List<Integer> assigned = sketch.assigned(partition);
            if (sketch.racksOf(assigned).size() < assigned.size()) {
                spread(partition, assigned);
            }
        }
    }

    /** One copy at a time, the last one that shares a rack with an earlier one. */
    private void spread(Assigned partition, List<Integer> assigned) {
        for (int index = assigned.size() - 1; index > 0; index--) {
            int broker = assigned.get(index);
            Set<String> earlier = sketch.racksOf(assigned.subList(0, index));
            if (!earlier.contains(sketch.rack(broker)) || !sketch.isServing(broker)) {
                continue;
            }
            Set<String> taken = sketch.racksOf(assigned);
            Integer other = sketch.best(assigned, site -> !taken.contains(site.rack()));
            if (other != null) {
                sketch.change(
                        partition,
                        PlacementSketch.transferred(assigned, broker, other),
                        "two copies were in rack " + sketch.rack(broker));
                return;
            }
        }
    }

    /** One way to make a broker have one less and another one more; false when there is none. */
    private interface Relief {
        boolean apply(int giver, int taker, String why);
    }

    private void balance(ToLongFunction<Load> measure, Relief relief) {
        while (!isFull() && balanceOnce(measure, relief)) {
            // Again, with what the step has changed.
        }
    }

    private boolean balanceOnce(ToLongFunction<Load> measure, Relief relief) {
        List<Integer> ascending = sketch.ascending(measure);
        double mean = ascending.stream()
                .mapToLong(broker -> measure.applyAsLong(sketch.load(broker)))
                .average()
                .orElse(0);
        double slack = Math.floor(mean * TOLERANCE);
        for (int giver : ascending.reversed()) {
            long most = measure.applyAsLong(sketch.load(giver));
            for (int taker : ascending) {
                long least = measure.applyAsLong(sketch.load(taker));
                boolean isOff = most > Math.ceil(mean) + slack || least < Math.floor(mean) - slack;
                if (most - least < 2) {
                    break;
                }
                if (isOff && relief.apply(giver, taker, words(giver, taker))) {
                    return true;
                }
            }
        }
        return false;
    }

    private String words(int giver, int taker) {
        return words(giver) + ", " + words(taker);
    }

    private String words(int broker) {
        Load load = sketch.load(broker);
        return "broker " + broker + " had " + load.places() + " copies and owned " + load.owned();
    }

    /** A place of the giver's goes to the taker: one that it owns when it owns more, so that both get even at once. */
    private boolean movePlace(int giver, int taker, String why) {
        boolean ownedFirst = sketch.load(giver).owned() > sketch.load(taker).owned() + 1;
        Optional<Assigned> found = sketch.movable()
                .filter(partition -> sketch.assigned(partition).contains(giver))
                .filter(partition -> !sketch.assigned(partition).contains(taker))
                .filter(partition -> keepsRacks(partition, giver, taker))
                .min(Comparator.comparing(partition -> owns(giver, partition) != ownedFirst));
        found.ifPresent(partition -> sketch.change(partition, transferred(partition, giver, taker), why));
        return found.isPresent();
    }

    private boolean owns(int broker, Assigned partition) {
        return sketch.assigned(partition).getFirst() == broker;
    }

    private List<Integer> transferred(Assigned partition, int from, int to) {
        return PlacementSketch.transferred(sketch.assigned(partition), from, to);
    }

    private boolean keepsRacks(Assigned partition, int from, int to) {
        return sketch.keepsRacks(sketch.assigned(partition), transferred(partition, from, to));
    }

    /**
     * The taker owns one more and the giver one less, and nobody else changes: along partitions of which the one owns what the next has a copy of, so that no
     * copy moves; else two partitions are exchanged.
     */
    private boolean moveOwner(int giver, int taker, String why) {
        List<Assigned> movable = sketch.movable().toList();
        Map<Integer, Hop> hops = path(movable, giver, taker);
        if (!hops.containsKey(taker)) {
            return exchangePlaces(movable, giver, taker, why);
        }
        for (int at = taker; at != giver; ) {
            Hop hop = Objects.requireNonNull(hops.get(at));
            sketch.change(hop.partition(), transferred(hop.partition(), hop.from(), at), why);
            at = hop.from();
        }
        return true;
    }

    /** By which partition, from which broker, a broker is reached. */
    private record Hop(int from, Assigned partition) {}

    /** The shortest ways from a broker to all others, as each one's last hop. */
    private Map<Integer, Hop> path(List<Assigned> movable, int giver, int taker) {
        Map<Integer, List<Assigned>> byOwner = new HashMap<>();
        movable.forEach(
                partition -> byOwner.computeIfAbsent(sketch.assigned(partition).getFirst(), _ -> new ArrayList<>())
                        .add(partition));
        Map<Integer, Hop> hops = new HashMap<>();
        Set<Integer> seen = new HashSet<>(Set.of(giver));
        Deque<Integer> next = new ArrayDeque<>(List.of(giver));
        while (!next.isEmpty() && !seen.contains(taker)) {
            int from = next.removeFirst();
            for (Assigned partition : byOwner.getOrDefault(from, List.of())) {
                for (int to : sketch.assigned(partition)) {
                    if (sketch.isServing(to) && seen.add(to)) {
                        hops.put(to, new Hop(from, partition));
                        next.addLast(to);
                    }
                }
            }
        }
        return hops;
    }

    private boolean exchangePlaces(List<Assigned> movable, int giver, int taker, String why) {
        for (Assigned owned : movable) {
            if (!owns(giver, owned) || sketch.assigned(owned).contains(taker) || !keepsRacks(owned, giver, taker)) {
                continue;
            }
            Optional<Assigned> followed = movable.stream()
                    .filter(other -> sketch.assigned(other).contains(taker)
                            && !owns(taker, other)
                            && !sketch.assigned(other).contains(giver)
                            && keepsRacks(other, taker, giver))
                    .findFirst();
            if (followed.isPresent()) {
                sketch.change(owned, transferred(owned, giver, taker), why);
                sketch.change(followed.get(), transferred(followed.get(), taker, giver), why);
                return true;
            }
        }
        return false;
    }

    /** One exchange at a time: what it brings is seen before the next. */
    private void balanceBytes() {
        List<Integer> ascending = sketch.ascending(Load::ownedBytes);
        double mean = ascending.stream()
                .mapToLong(broker -> sketch.load(broker).ownedBytes())
                .average()
                .orElse(0);
        int giver = ascending.getLast();
        long much = sketch.load(giver).ownedBytes();
        if (much - mean < Math.max(BYTES_FLOOR, mean * BYTES_TOLERANCE)) {
            return;
        }
        for (int taker : ascending) {
            Exchange best = exchange(giver, taker, much - sketch.load(taker).ownedBytes());
            if (best != null) {
                String why = "broker " + giver + " took in " + (much >> 10) + " KiB/s, broker " + taker + " "
                        + (sketch.load(taker).ownedBytes() >> 10) + " KiB/s";
                sketch.change(best.heavy(), transferred(best.heavy(), giver, taker), why);
                sketch.change(best.light(), transferred(best.light(), taker, giver), why);
                return;
            }
        }
    }

    private record Exchange(Assigned heavy, Assigned light, long bytes) {}

    /** The exchange after which the two are nearest to each other; null when none brings them a tenth nearer. */
    private @Nullable Exchange exchange(int giver, int taker, long gap) {
        Exchange best = null;
        for (Assigned heavy : busiest(giver, taker)) {
            for (Assigned light : busiest(taker, giver)) {
                long moved = heavy.bytesPerSecond() - light.bytesPerSecond();
                boolean isBetter = best == null || Math.abs(gap - 2 * moved) < Math.abs(gap - 2 * best.bytes());
                // Both by changing places or both by a change of copies, else one would have a copy more.
                boolean isEven = sketch.assigned(heavy).contains(taker)
                        == sketch.assigned(light).contains(giver);
                if (isEven && moved > gap * TOLERANCE / 2 && moved < gap - gap * TOLERANCE / 2 && isBetter) {
                    best = new Exchange(heavy, light, moved);
                }
            }
        }
        return best;
    }

    /** The busiest partitions that {@code owner} could give to {@code other}, and some of the least busy. */
    private List<Assigned> busiest(int owner, int other) {
        List<Assigned> all = sketch.movable()
                .filter(partition -> owns(owner, partition) && keepsRacks(partition, owner, other))
                .sorted(Comparator.comparingLong(Assigned::bytesPerSecond))
                .toList();
        if (all.size() <= 2 * EXCHANGE_CANDIDATES) {
            return all;
        }
        List<Assigned> some = new ArrayList<>(all.subList(0, EXCHANGE_CANDIDATES));
        some.addAll(all.subList(all.size() - EXCHANGE_CANDIDATES, all.size()));
        return some;
    }
}
