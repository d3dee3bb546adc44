package io.varve.chaos;

import io.varve.testkit.TcpProxy.Way;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Faults in the order in which they are struck: the same seed gives the same ones. Not thread-safe. */
final class Schedule {
    /** Mostly so short that one fault begins before the one before has ended. */
    private static final int MOST_GAP_MILLIS = 6_000;

    private static final List<Set<Way>> WAYS =
            List.of(EnumSet.allOf(Way.class), EnumSet.allOf(Way.class), EnumSet.of(Way.THERE), EnumSet.of(Way.BACK));

    private final Random random;
    private final List<FaultKind> kinds;

    private Schedule(Random random, Set<FaultKind.Place> places) {
        this.random = random;
        this.kinds = Stream.of(FaultKind.values())
                .filter(kind -> places.contains(kind.place()))
                .toList();
    }

    /** The faults at these places, one after the other, without an end. */
    static Stream<Fault> of(long seed, Set<FaultKind.Place> places) {
        Schedule schedule = new Schedule(new Random(seed), places);
        return IntStream.iterate(1, number -> number + 1).mapToObj(schedule::draw);
    }

    private Fault draw(int number) {
        FaultKind kind = drawKind();
        List<Integer> targets = new ArrayList<>(
                IntStream.range(0, kind.place().targets()).boxed().toList());
        Collections.shuffle(targets, random);
        return new Fault(
                number,
                kind,
                targets.subList(0, kind.targets()),
                WAYS.get(random.nextInt(WAYS.size())),
                random.nextInt(MOST_GAP_MILLIS),
                random.nextInt(kind.leastMillis(), kind.mostMillis()));
    }

    private FaultKind drawKind() {
        int all = kinds.stream().mapToInt(FaultKind::weight).sum();
        int at = random.nextInt(all);
        for (FaultKind kind : kinds) {
            at -= kind.weight();
            if (at < 0) {
                return kind;
            }
        }
        throw new IllegalStateException("weights changed while they were added up");
    }
}
