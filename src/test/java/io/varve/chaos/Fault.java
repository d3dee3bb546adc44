package io.varve.chaos;

import io.varve.testkit.TcpProxy.Way;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * One fault of a schedule.
 *
 * @param number from 1
 * @param targets what of the kind's place it strikes, numbered from 0
 * @param ways which ways are held up, for kinds that hold up
 * @param gapMillis from when the one before was struck until this one is
 * @param lengthMillis how long it is left as it is
 */
record Fault(int number, FaultKind kind, List<Integer> targets, Set<Way> ways, int gapMillis, int lengthMillis) {
    Fault {
        targets = List.copyOf(targets);
        ways = EnumSet.copyOf(ways);
    }

    /** One line of a schedule. */
    @Override
    public String toString() {
        String where =
                targets.stream().map(target -> Integer.toString(target + 1)).collect(Collectors.joining("+"));
        String how = kind.name().startsWith("HOLD") ? " ways=" + ways : "";
        return "number=" + number + " kind=" + kind + " target=" + where + how + " gap_ms=" + gapMillis + " length_ms="
                + lengthMillis;
    }
}
