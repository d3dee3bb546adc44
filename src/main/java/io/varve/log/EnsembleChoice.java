package io.varve.log;

import io.varve.cluster.PartitionRecord.Member;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.apache.kafka.common.utils.Time;

/**
 * Which brokers get a copy of a partition's next segment: those that placement prefers, but for members that were lost lately. Those are asked
 * again after a while that doubles each time, so that a broker that lives and cannot be reached does not end a segment every few seconds.
 * Under the partition's lock.
 */
final class EnsembleChoice {
    private static final long FIRST_MILLIS = 5_000;
    private static final long LONGEST_MILLIS = 320_000;

    private record Absence(long untilMillis, long millis) {}

    private final Function<Set<Member>, List<Member>> placement;
    private final Time time;
    private final Map<Member, Absence> absences = new HashMap<>();

    /** @param placement the ensemble for a new segment, the owner first, without the given members */
    EnsembleChoice(Function<Set<Member>, List<Member>> placement, Time time) {
        this.placement = placement;
        this.time = time;
    }

    /** The ensemble to try, the owner first. */
    List<Member> next() {
        long now = time.milliseconds();
        Set<Member> absent = new HashSet<>();
        absences.forEach((member, absence) -> {
            if (now < absence.untilMillis()) {
                absent.add(member);
            }
        });
        return placement.apply(absent);
    }

    /** These did not answer, refused or were lost. */
    void lost(Collection<Member> members) {
        for (Member member : members) {
            Absence before = absences.get(member);
            long millis = before == null ? FIRST_MILLIS : Math.min(LONGEST_MILLIS, before.millis() * 2);
            absences.put(member, new Absence(time.milliseconds() + millis, millis));
        }
    }

    /** All of these have what there is of a segment that is full: what was before is forgotten. */
    void kept(Collection<Member> members) {
        members.forEach(absences::remove);
    }
}
